#include "warmgate/document/field_reader.h"

#include <gtest/gtest.h>

#include <memory>

#include "warmgate/document/embedded.h"
#include "warmgate/document/read.h"

namespace warmgate::document {
namespace {

Document document_of(const std::string& text) {
  return read_single(std::make_shared<SourceText>("file.yaml", text), {}).value();
}

// What `read` complains about.
template <class Read>
std::string mistake(const std::string& text, const Read& read) {
  const Document document = document_of(text);
  FieldReader reader(document);
  read(reader, reader.root());
  return reader.error();
}

TEST(FieldReader, KeepsTheFirstMistakeOnly) {
  EXPECT_EQ(mistake("a: 1\nb: 2\n",
                    [](FieldReader& reader, const View& root) {
                      reader.text(root["b"]);
                      reader.text(root["a"]);
                    }),
            "file.yaml:2:4: /b: must be a string");
}

TEST(FieldReader, SaysWhatEachTypeMustBe) {
  const std::string text = "a: [1, x]\n";
  EXPECT_EQ(mistake(text, [](FieldReader& reader, const View& root) { reader.flag(root["a"]); }),
            "file.yaml:1:4: /a: must be true or false");
  EXPECT_EQ(mistake(text, [](FieldReader& reader, const View& root) { reader.strings(root["a"]); }),
            "file.yaml:1:4: /a: must be a list of strings");
  EXPECT_EQ(mistake(text, [](FieldReader& reader, const View& root) { reader.objects(root["a"]); }),
            "file.yaml:1:5: /a/0: must be a mapping");
  EXPECT_EQ(mistake(text, [](FieldReader& reader, const View& root) { reader.items(root["a"].at(0)); }),
            "file.yaml:1:5: /a/0: must be a list");
  EXPECT_EQ(mistake(text, [](FieldReader& reader, const View& root) { reader.integer(root["a"], 0); }),
            "file.yaml:1:4: /a: must be a whole number from 0 to 1000000");
  EXPECT_EQ(mistake(text, [](FieldReader& reader, const View& root) { reader.items(root["a"]); }), "");
}

TEST(FieldReader, RefusesMembersThatItDoesNotKnowWithTheOneThatWasMeant) {
  const auto read = [](FieldReader& reader, const View& root) {
    reader.known_members(root, {"names"}, "a file has no such field");
  };
  EXPECT_EQ(mistake("names: 1\n", read), "");
  EXPECT_EQ(mistake("nmaes: 1\n", read), "file.yaml:1:8: /nmaes: a file has no such field; did you mean names?");
  EXPECT_EQ(mistake("other: 1\n", read), "file.yaml:1:8: /other: a file has no such field");
  EXPECT_EQ(mistake("[1]\n", read), "file.yaml:1:1: must be a mapping");
}

TEST(EmbeddedDocuments, AreThoseBelowTheFolderAndKnowTheirNames) {
  const base::Result<Document> policy = embedded_document("policies/default.yaml");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->source()->name(), "policies/default.yaml");
  EXPECT_FALSE(embedded_document("policies/nothing.yaml"));
  const base::Result<std::vector<Document>> engines = embedded_documents("policies/engines/");
  ASSERT_TRUE(engines);
  EXPECT_GT(engines->size(), 20U);
  for (const Document& engine : *engines) {
    EXPECT_TRUE(engine.source()->name().starts_with("policies/engines/")) << engine.source()->name();
  }
}

}  // namespace
}  // namespace warmgate::document
