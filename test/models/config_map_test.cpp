// Scripts and variables in the ConfigMaps of a Pod, where these are among the facts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "models/container_reading.h"
#include "support/objects.h"

namespace warmgate::testing {
namespace {

const std::string kSha = "9216db5781bf21249d130ec9da846c4624c16137";

std::string config_map(const std::string& data, const std::string& metadata = "name: scripts",
                       const std::string& member = "data") {
  return "---\n{apiVersion: v1, kind: ConfigMap, metadata: {" + metadata + "}, " + member + ": {" + data + "}}\n";
}

// A Pod of one vLLM container, `container` more of its fields, with the volume `scripts` of the ConfigMap of that name.
std::string pod(const std::string& container, const std::string& volume = "configMap: {name: scripts}") {
  return "---\n{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: llm}, spec: {containers: [{name: c, image: "
         "\"vllm/vllm-openai:v0.11.0\", " +
         container + "}], volumes: [{name: scripts, " + volume + "}, {name: other, emptyDir: {}}]}}\n";
}

std::string runs(const std::string& command, const std::string& mounts = "{name: scripts, mountPath: /scripts}") {
  return "command: [" + command + "], volumeMounts: [" + mounts + "]";
}

std::vector<models::TemplateReading> read(const std::vector<kube::Object>& bundle) {
  return models::read_workload(bundle.at(0), knowledge(), kube::BundleFacts(bundle));
}

std::string uses_of(const std::string& bundle) {
  const std::vector<kube::Object> all = objects(bundle);
  return summary(read(all).at(0).uses);
}

struct Case {
  const char* name;
  std::string bundle;
  std::string expected;
};
void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

class ConfigMaps : public ::testing::TestWithParam<Case> {};

TEST_P(ConfigMaps, AreReadWhereTheyAreKnown) { EXPECT_EQ(uses_of(GetParam().bundle), GetParam().expected); }

const std::string kServe = "start.sh: \"vllm serve org/m --revision v1\"";
const std::string kRead = "serve weights org/m@v1";
const std::string kNotRead = "serve weights ?@?";

std::vector<Case> script_cases() {
  const std::string scripts = config_map(kServe);
  return {
      {"RunByAShell", pod(runs("bash, -e, /scripts/start.sh")) + scripts, kRead},
      {"RunByItself", pod(runs("/scripts/start.sh")) + scripts, kRead},
      {"RunByAScript", pod(runs("sh, -c, \"set -e; exec /scripts/start.sh\"")) + scripts, kRead},
      {"InTheWorkingFolder", pod("workingDir: /scripts, " + runs("sh, start.sh")) + scripts, kRead},
      {"AfterCd", pod(runs("sh, -c, cd /scripts && ./start.sh")) + scripts, kRead},
      {"Copied", pod(runs("sh, -c, cp /scripts/start.sh /tmp/x && chmod +x /tmp/x && /tmp/x")) + scripts, kRead},
      {"WithArguments",
       pod("args: [/scripts/a.sh, org/m, v1], " + runs("bash")) +
           config_map("a.sh: \"vllm serve $1 --revision \\\"$2\\\"\""),
       kRead},
      {"PassesItsArgumentsOn",
       pod("args: [vllm, serve, org/m, --revision, v1], " + runs("/scripts/a.sh")) +
           config_map("a.sh: \"#!/bin/sh\\nset -e\\nulimit -n 65535\\nexec \\\"$@\\\"\""),
       kRead},
      {"WithVariables",
       pod("env: [{name: MODEL, value: org/m}], " + runs("/scripts/a.sh")) +
           config_map("a.sh: \"#!/bin/bash\\nexport REV=v1\\nvllm serve ${MODEL} --revision $REV\""),
       kRead},
      {"Python",
       pod(runs("python3, /scripts/get.py")) +
           config_map("get.py: \"from huggingface_hub import snapshot_download\\nsnapshot_download('org/m', "
                      "revision='v1')\""),
       "download weights org/m@v1"},
      {"PythonByItsFirstLine",
       pod(runs("/scripts/get")) +
           config_map("get: \"#!/usr/bin/env python3\\nimport os\\nos.execvp('vllm', ['vllm', 'serve', 'org/m', "
                      "'--revision', 'v1'])\""),
       kRead},
      {"AnotherInterpreter",
       pod(runs("/scripts/start")) + config_map("start: \"#!/usr/bin/perl\\nvllm serve org/m --revision v1\""), ""},
  };
}

std::vector<Case> file_cases() {
  const std::string scripts = config_map(kServe);
  return {
      {"ItemWithAnotherName",
       pod(runs("/scripts/bin/run"),
           "configMap: {name: scripts, defaultMode: 493, items: [{key: start.sh, path: "
           "bin/run}]}") +
           scripts,
       kRead},
      {"ItemsLeaveItOut",
       pod(runs("/scripts/start.sh"), "configMap: {name: scripts, items: [{key: other, path: other}]}") + scripts,
       kNotRead},
      {"OneFile", pod(runs("/opt/run.sh", "{name: scripts, mountPath: /opt/run.sh, subPath: start.sh}")) + scripts,
       kRead},
      {"AFolderOfTheVolume",
       pod(runs("/opt/run.sh", "{name: scripts, mountPath: /opt, subPath: a}"),
           "configMap: {name: scripts, items: [{key: start.sh, path: a/run.sh}]}") +
           scripts,
       kRead},
      {"AFolderThatIsNotKnown",
       pod(runs("/opt/start.sh", "{name: scripts, mountPath: /opt, subPathExpr: $(POD)}")) + scripts, kNotRead},
      {"Projected",
       pod(runs("/scripts/start.sh"), "projected: {sources: [{secret: {name: s}}, {configMap: {name: scripts}}]}") +
           scripts,
       kRead},
      {"HiddenByAnotherVolume",
       pod(runs("/scripts/start.sh",
                "{name: scripts, mountPath: /scripts}, {name: other, mountPath: "
                "/scripts/start.sh}")) +
           scripts,
       kNotRead},
  };
}

std::vector<Case> flow_cases() {
  const std::string scripts = config_map(kServe);
  return {
      {"AScriptThatRunsItself",
       pod(runs("/scripts/a.sh")) + config_map("a.sh: \"vllm serve org/m --revision v1 || /scripts/a.sh\""), kRead},
      {"ScriptsThatRunEachOther",
       pod(runs("/scripts/a.sh")) + config_map("a.sh: \"sh /scripts/b.sh\", b.sh: \"vllm serve org/m --revision v1; "
                                               "sh /scripts/a.sh\""),
       kRead},
      {"AScriptThatChangesItself",
       pod(runs("/scripts/a.sh")) + config_map("a.sh: \"echo x > /scripts/a.sh; vllm serve org/m --revision v1\""),
       kRead},
      {"AScriptThatIsChanged",
       pod(runs("sh, -c, \"cp /scripts/start.sh /tmp/a.sh; sed s/m/n/ /scripts/start.sh > /tmp/a.sh; sh "
                "/tmp/a.sh\"")) +
           scripts,
       kNotRead},
  };
}

std::vector<Case> unknown_cases() {
  const std::string start = pod(runs("/scripts/start.sh"));
  return {
      {"NotThere", start, kNotRead},
      {"OfAnotherName", start + config_map(kServe, "name: others"), kNotRead},
      {"OfAnotherNamespace", start + config_map(kServe, "name: scripts, namespace: other"), kNotRead},
      {"OfThisNamespace", start + config_map(kServe, "name: scripts, namespace: llm"), kRead},
      {"TwoVariants", start + config_map(kServe) + config_map("start.sh: vllm serve org/n"), kNotRead},
      {"TwiceTheSame", start + config_map(kServe) + config_map(kServe), kRead},
      {"WithoutData", start + "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: scripts}}\n", kNotRead},
      {"Binary", start + config_map("start.sh: dmxsbQ==", "name: scripts", "binaryData"), kNotRead},
      {"NoText", start + config_map("start.sh: [vllm, serve]"), kNotRead},
      {"ASecret", pod(runs("/scripts/start.sh"), "secret: {secretName: scripts}") + config_map(kServe), kNotRead},
      {"NoPath", pod(runs("start")) + config_map("start: vllm serve org/m"), ""},
  };
}

std::string asks(const std::string& environment) {
  return pod("command: [vllm, serve, $(MODEL), --revision, $(REV)], " + environment);
}

std::vector<Case> variable_cases() {
  const std::string known = config_map("MODEL: org/m, REV: v1");
  const std::string from_all = "envFrom: [{configMapRef: {name: scripts}}]";
  return {
      {"Keys",
       asks("env: [{name: MODEL, valueFrom: {configMapKeyRef: {name: scripts, key: MODEL}}}, {name: REV, valueFrom: "
            "{configMapKeyRef: {name: scripts, key: REV}}}]") +
           known,
       kRead},
      {"All", asks(from_all) + known, kRead},
      {"AllWithAPrefix",
       pod("command: [vllm, serve, $(X_MODEL), --revision, $(X_REV)], envFrom: [{prefix: X_, configMapRef: {name: "
           "scripts}}]") +
           known,
       kRead},
      {"ItsOwnWin", asks("env: [{name: REV, value: v2}], " + from_all) + known, "serve weights org/m@v2"},
      {"TheLaterOneWins",
       asks("envFrom: [{configMapRef: {name: scripts}}, {configMapRef: {name: more}}]") + known +
           config_map("REV: v2", "name: more"),
       "serve weights org/m@v2"},
      {"ALaterOneThatIsNotKnown",
       asks("envFrom: [{configMapRef: {name: scripts}}, {configMapRef: {name: more}}]") + known, kNotRead},
      {"ASecretBeside", asks("envFrom: [{configMapRef: {name: scripts}}, {secretRef: {name: token}}]") + known, kRead},
      {"AKeyThatIsNotThere",
       asks("env: [{name: MODEL, valueFrom: {configMapKeyRef: {name: scripts, key: NONE}}}]") + known,
       "serve weights ?@$(REV)"},
      {"AKeyThatNeedNotBeThere",
       pod("command: [sh, -c, \"vllm serve ${MODEL:-org/n}\"], env: [{name: MODEL, valueFrom: {configMapKeyRef: {name: "
           "scripts, key: NONE, optional: true}}}]") +
           known,
       "serve weights org/n@-"},
      {"NotThere", asks(from_all), kNotRead},
  };
}

std::string name_of(const ::testing::TestParamInfo<Case>& test) { return test.param.name; }

INSTANTIATE_TEST_SUITE_P(Scripts, ConfigMaps, ::testing::ValuesIn(script_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Files, ConfigMaps, ::testing::ValuesIn(file_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Flow, ConfigMaps, ::testing::ValuesIn(flow_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Unknown, ConfigMaps, ::testing::ValuesIn(unknown_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Variables, ConfigMaps, ::testing::ValuesIn(variable_cases()), name_of);

TEST(ConfigMapPlaces, AreThoseOfTheConfigMap) {
  const std::vector<kube::Object> bundle = objects(pod(runs("/scripts/start.sh")) + R"(---
apiVersion: v1
kind: ConfigMap
metadata: {name: scripts}
data:
  start.sh: |
    #!/bin/sh
    exec vllm serve org/m
)");
  const std::vector<models::TemplateReading> readings = read(bundle);
  const models::ModelUse& use = readings.at(0).uses.at(0);
  EXPECT_TRUE(use.outside) << "the webhook sees no ConfigMap";
  EXPECT_EQ(use.script_line, "exec vllm serve org/m");
  ASSERT_TRUE(use.source.object);
  EXPECT_EQ(use.source.object->display_name(), "ConfigMap/scripts");
  EXPECT_EQ(use.source.pointer, "/data/start.sh");
  const document::Document& document = use.source.object->document();
  const std::optional<document::Span> span =
      document.substring_span(use.source.pointer, use.source.offset, use.source.length);
  ASSERT_TRUE(span);
  EXPECT_EQ(document.source()->text().substr(span->begin, span->end - span->begin), "org/m");
}

TEST(ConfigMaps, HaveTheProgramOfARayJob) {
  const std::string job =
      "{apiVersion: ray.io/v1, kind: RayJob, metadata: {name: j}, spec: {entrypoint: python /samples/get.py org/m, "
      "rayClusterSpec: {headGroupSpec: {template: {spec: {containers: [{name: ray-head, image: "
      "\"rayproject/ray:2.46.0\", "
      "volumeMounts: [{name: code, mountPath: /samples}]}], volumes: [{name: code, configMap: {name: "
      "scripts}}]}}}}}}\n";
  EXPECT_EQ(uses_of(job + config_map("get.py: \"import sys\\nfrom huggingface_hub import snapshot_download\\n"
                                     "snapshot_download(sys.argv[1], revision='v1')\"")),
            "download weights org/m@v1");
}

TEST(ConfigMapPlaces, OfAVariableAreInTheWorkload) {
  const std::vector<kube::Object> bundle =
      objects(pod("args: [--model, org/m], env: [{name: HF_HOME, valueFrom: {configMapKeyRef: {name: scripts, key: "
                  "home}}}]") +
              config_map("home: /cache"));
  const models::ModelUse use = read(bundle).at(0).uses.at(0);
  EXPECT_EQ(use.cache.path, "/cache/hub");
  EXPECT_EQ(use.cache.location.pointer, "/spec/containers/0/env/0/valueFrom/configMapKeyRef/key");
  EXPECT_TRUE(use.cache.by_variable());
  EXPECT_TRUE(use.outside);
}

TEST(ConfigMapPlaces, WhatThePodSaysItselfIsNotOutside) {
  const std::vector<kube::Object> bundle =
      objects(pod("args: [--model, org/m], envFrom: [{secretRef: {name: s}}], env: [{name: LOG, valueFrom: "
                  "{configMapKeyRef: {name: scripts, key: log}}}]") +
              config_map("log: debug"));
  EXPECT_FALSE(read(bundle).at(0).uses.at(0).outside);
}

TEST(ConfigMapLimits, CountAsThoseOfOtherScripts) {
  std::string line = "sh /scripts/a.sh\\n";
  std::string many;
  for (int i = 0; i < 3000; ++i) {
    many += line;
  }
  const std::string big(2000, '#');
  const std::vector<kube::Object> bundle =
      objects(pod(runs("sh, -c, \"" + many + "\"")) + config_map("a.sh: \"" + big + "\\nvllm serve org/m\""));
  const std::vector<models::TemplateReading> readings = read(bundle);
  EXPECT_LT(readings.at(0).uses.size(), 3000U) << "4 MiB of scripts in one container are enough";
  EXPECT_GT(readings.at(0).uses.size(), 1000U);
}

}  // namespace
}  // namespace warmgate::testing
