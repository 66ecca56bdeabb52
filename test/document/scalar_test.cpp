// What YAML scalars mean. The expected values were taken from sigs.k8s.io/yaml v1.4.0 (YAMLToJSON).
#include <gtest/gtest.h>

#include "reading.h"

namespace warmgate::document {
namespace {

struct Row {
  const char* yaml;
  const char* json;
};

class ScalarValue : public testing::TestWithParam<Row> {};

TEST_P(ScalarValue, IsWhatKubectlReads) {
  EXPECT_EQ(read_summary(std::string("a: ") + GetParam().yaml + "\n"),
            std::string("{\"a\":") + GetParam().json + "}\n");
}

INSTANTIATE_TEST_SUITE_P(Booleans, ScalarValue,
                         testing::Values(Row{"y", "true"}, Row{"Yes", "true"}, Row{"on", "true"}, Row{"TRUE", "true"},
                                         Row{"n", "false"}, Row{"NO", "false"}, Row{"Off", "false"},
                                         Row{"yES", R"("yES")"}, Row{"'on'", R"("on")"}, Row{"\"no\"", R"("no")"},
                                         Row{"!!bool yes", "true"}, Row{"!!bool \"yes\"", "true"},
                                         Row{"!!str yes", R"("yes")"}));

INSTANTIATE_TEST_SUITE_P(Nulls, ScalarValue,
                         testing::Values(Row{"", "null"}, Row{"~", "null"}, Row{"Null", "null"}, Row{"''", R"("")"},
                                         Row{"nULL", R"("nULL")"}, Row{"!!null ''", "null"}, Row{"!!str", R"("")"}));

INSTANTIATE_TEST_SUITE_P(Integers, ScalarValue,
                         testing::Values(Row{"0", "0"}, Row{"-0", "0"}, Row{"017", "15"}, Row{"0o17", "15"},
                                         Row{"0O7", "7"}, Row{"0b101", "5"}, Row{"-0b11", "-3"}, Row{"0b-1", "-1"},
                                         Row{"0x1F", "31"}, Row{"+0x10", "16"}, Row{"0x_1", "1"}, Row{"08", "8"},
                                         Row{"0_8", "8"}, Row{"1_000", "1000"}, Row{"1_", "1"}, Row{"_1", R"("_1")"},
                                         Row{"0x", R"("0x")"}, Row{"+", R"("+")"}, Row{"-0b", R"("-0b")"},
                                         Row{"9223372036854775807", "9223372036854775807"},
                                         Row{"-9223372036854775808", "-9223372036854775808"},
                                         Row{"18446744073709551615", "18446744073709551615"},
                                         Row{"18446744073709551616", "1.8446744073709552e+19"},
                                         Row{"+9223372036854775808", "9.223372036854776e+18"}, Row{"!!int \"3\"", "3"},
                                         Row{"!!str 3", R"("3")"}, Row{"! 3", R"("3")"}, Row{"&x ! 3", R"("3")"},
                                         Row{"&x 3", "3"}, Row{"!local 3", R"("3")"}, Row{"'3'", R"("3")"}));

INSTANTIATE_TEST_SUITE_P(Floats, ScalarValue,
                         testing::Values(Row{"1.5", "1.5"}, Row{"1.", "1"}, Row{"100.0", "100"}, Row{".5", "0.5"},
                                         Row{"-.5", "-0.5"}, Row{"1e3", "1000"}, Row{"1.5e3", "1500"},
                                         Row{"1e-7", "1e-07"}, Row{".1_0", "0.1"}, Row{"+.5_1", "0.51"},
                                         Row{"._5", R"("._5")"}, Row{".5_", R"(".5_")"}, Row{"1e400", R"("1e400")"},
                                         Row{"1e-400", "0"}, Row{"1e", R"("1e")"}, Row{"0x1p-2", R"("0x1p-2")"},
                                         Row{".", R"(".")"}, Row{"1:30", R"("1:30")"}, Row{"!!float 3", "3"},
                                         Row{"1.2.3", R"("1.2.3")"}));

INSTANTIATE_TEST_SUITE_P(Strings, ScalarValue,
                         testing::Values(Row{"2020-01-01", R"("2020-01-01")"},
                                         Row{"2020-01-01T00:00:00Z", R"("2020-01-01T00:00:00Z")"}, Row{"<<", R"("<<")"},
                                         Row{"=", R"("=")"}, Row{"NaN", R"("NaN")"}, Row{"!!binary aGk=", R"("hi")"},
                                         Row{"\"a\\tb\\x41\"", R"("a\tbA")"}, Row{"'it''s'", R"("it's")"},
                                         Row{"|\n  x\n   y\n", R"("x\n y\n")"}, Row{"|-\n  x\n", R"("x")"},
                                         Row{">\n  x\n  y\n", R"("x y\n")"}, Row{"x\n  y", R"("x y")"}));

class KeyName : public testing::TestWithParam<Row> {};

TEST_P(KeyName, IsTheStringThatKubectlMakesOfIt) {
  EXPECT_EQ(read_summary(std::string(GetParam().yaml) + ": v\n"), std::string("{\"") + GetParam().json + "\":\"v\"}\n");
}

INSTANTIATE_TEST_SUITE_P(Keys, KeyName,
                         testing::Values(Row{"on", "true"}, Row{"No", "false"}, Row{"0x10", "16"}, Row{"1.5", "1.5"},
                                         Row{"1e5", "100000"}, Row{"1e6", "1e+06"}, Row{"16777217.0", "1.6777216e+07"},
                                         Row{"0.00001", "1e-05"}, Row{"0.0001", "0.0001"}, Row{"1e39", ".inf"},
                                         Row{".inf", ".inf"}, Row{".nan", ".nan"}, Row{"'on'", "on"}, Row{"''", ""},
                                         Row{"!!str 3", "3"}, Row{"\"<<\"", "<<"}, Row{"2020-01-01", "2020-01-01"}));

TEST(ScalarProblem, IsReportedAtTheValueAndOnlyThatDocumentIsLost) {
  EXPECT_EQ(read_summary("a: 1\n---\nb: .inf\n---\nc: 3\n"),
            "{\"a\":1}\n{\"c\":3}\n"
            "3:4 unparsable infinity and NaN cannot be sent to Kubernetes: JSON has no such numbers\n");
  EXPECT_EQ(read_summary("a: !!int 3.0\n"), "1:10 unparsable the value '3.0' has the tag !!int but is none\n");
  EXPECT_EQ(read_summary("a: !!binary '@'\n"), "1:13 unparsable a !!binary value is not base64\n");
  EXPECT_EQ(read_summary("~: 1\n"), "1:1 unparsable a key is empty or null; JSON keys are strings\n");
  EXPECT_EQ(read_summary("18446744073709551615: 1\n"),
            "1:1 unparsable a key is a number too large for Kubernetes; put it in quotes\n");
}

}  // namespace
}  // namespace warmgate::document
