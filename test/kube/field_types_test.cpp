#include "warmgate/kube/field_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kube/objects.h"

namespace warmgate::kube {
namespace {

using ::testing::IsEmpty;

const std::string kQuote =
    "quote it: \"...\" (YAML 1.1 reads yes, no, on, off, true, false and bare numbers as something else)";

const std::string kList = "write a list: each item on a line that begins with \"- \", or [...]";
const std::string kMapping = "write a mapping: its members indented below the key, or {...}";

struct Case {
  const char* api_version;
  const char* kind;
  const char* rest;  // members beside apiVersion and kind
  std::string pointer;
  std::string message;  // after the pointer
  std::string help;
};

std::vector<TypeError> errors_of(const Object& object) {
  static const WorkloadKinds kinds = WorkloadKinds::built_in().value();
  return check_field_types(object, kinds);
}

void expect_one_error(const Case& test) {
  const std::string text =
      std::string(R"({"apiVersion": ")") + test.api_version + R"(", "kind": ")" + test.kind + "\", " + test.rest + "}";
  const std::vector<TypeError> errors = errors_of(object(text));
  ASSERT_EQ(errors.size(), 1U) << text;
  EXPECT_EQ(errors[0].pointer, test.pointer) << text;
  EXPECT_EQ(errors[0].message, test.pointer + test.message) << text;
  EXPECT_EQ(errors[0].help, test.help) << text;
}

TEST(FieldTypes, WrongTypesOfAPod) {
  const std::string object_wanted = ", but the API server wants an object (a mapping)";
  const std::string array_wanted = ", but the API server wants an array (a list)";
  const std::string string_wanted = ", but the API server wants a string";
  const std::string quantity_wanted = ", but the API server wants a quantity such as 8, 500m or 64Gi";
  const std::string boolean_wanted = ", but the API server wants true or false";
  const std::vector<Case> cases = {
      {"v1", "Pod", R"("spec": 7)", "/spec", " is the number 7" + object_wanted, kMapping},
      {"v1", "Pod", R"("metadata": "x")", "/metadata", " is the string \"x\"" + object_wanted, kMapping},
      {"v1", "Pod", R"("metadata": {"name": 5})", "/metadata/name", " is the number 5" + string_wanted, kQuote},
      {"v1", "Pod", R"("metadata": {"labels": {"on": true}})", "/metadata/labels/on",
       " is the boolean true" + string_wanted, kQuote},
      {"v1", "Pod", R"("metadata": {"annotations": {"a/b": 1.5}})", "/metadata/annotations/a~1b",
       " is the number 1.5" + string_wanted, kQuote},
      {"v1", "Pod", R"("metadata": {"ownerReferences": {}})", "/metadata/ownerReferences",
       " is an object" + array_wanted, kList},
      {"v1", "Pod", R"("spec": {"containers": {}})", "/spec/containers", " is an object" + array_wanted, kList},
      {"v1", "Pod", R"("spec": {"containers": {"main": {"args": 5}}})", "/spec/containers",
       " is an object" + array_wanted, kList},
      {"v1", "Pod", R"("spec": {"containers": ["vllm"]})", "/spec/containers/0",
       " is the string \"vllm\"" + object_wanted, kMapping},
      {"v1", "Pod", R"("spec": {"containers": [{"args": [8000]}]})", "/spec/containers/0/args/0",
       " is the number 8000" + string_wanted, kQuote},
      {"v1", "Pod", R"("spec": {"containers": [{"args": [["a"]]}]})", "/spec/containers/0/args/0",
       " is an array" + string_wanted, "write one string"},
      {"v1", "Pod", R"("spec": {"containers": [{"command": "vllm serve"}]})", "/spec/containers/0/command",
       " is the string \"vllm serve\"" + array_wanted, kList},
      {"v1", "Pod", R"("spec": {"initContainers": [{"env": [{"name": "A", "value": true}]}]})",
       "/spec/initContainers/0/env/0/value", " is the boolean true" + string_wanted, kQuote},
      {"v1", "Pod", R"("spec": {"containers": [{"env": {"A": "b"}}]})", "/spec/containers/0/env",
       " is an object" + array_wanted, kList},
      {"v1", "Pod", R"("spec": {"containers": [{"volumeMounts": [{"readOnly": "true"}]}]})",
       "/spec/containers/0/volumeMounts/0/readOnly", " is the string \"true\"" + boolean_wanted, "remove the quotes"},
      {"v1", "Pod", R"("spec": {"containers": [{"volumeMounts": [{"readOnly": "maybe"}]}]})",
       "/spec/containers/0/volumeMounts/0/readOnly", " is the string \"maybe\"" + boolean_wanted,
       "write true or false"},
      {"v1", "Pod", R"("spec": {"containers": [{"volumeMounts": [{"mountPath": []}]}]})",
       "/spec/containers/0/volumeMounts/0/mountPath", " is an array" + string_wanted, "write one string"},
      {"v1", "Pod", R"("spec": {"containers": [{"volumeMounts": [{"subPathExpr": 1}]}]})",
       "/spec/containers/0/volumeMounts/0/subPathExpr", " is the number 1" + string_wanted, kQuote},
      {"v1", "Pod", R"("spec": {"containers": [{"resources": {"limits": {"memory": "64 gigs"}}}]})",
       "/spec/containers/0/resources/limits/memory", " is the string \"64 gigs\"" + quantity_wanted,
       "write a quantity such as 8, 500m or 64Gi"},
      {"v1", "Pod", R"("spec": {"containers": [{"resources": {"requests": {"cpu": false}}}]})",
       "/spec/containers/0/resources/requests/cpu", " is the boolean false" + quantity_wanted,
       "write a quantity such as 8, 500m or 64Gi"},
      {"v1", "Pod", R"("spec": {"volumes": [{"name": "v", "persistentVolumeClaim": "cache"}]})",
       "/spec/volumes/0/persistentVolumeClaim", " is the string \"cache\"" + object_wanted, kMapping},
      {"v1", "Pod", R"("spec": {"nodeSelector": {"gpu": true}})", "/spec/nodeSelector/gpu",
       " is the boolean true" + string_wanted, kQuote},
      {"v1", "Pod", R"("spec": {"nodeName": "a", "tolerations": "all"})", "/spec/tolerations",
       " is the string \"all\"" + array_wanted, kList},
  };
  for (const Case& test : cases) {
    expect_one_error(test);
  }
}

TEST(FieldTypes, WrongTypesOfOtherKinds) {
  const std::string integer_wanted = ", but the API server wants an integer";
  const std::string string_wanted = ", but the API server wants a string";
  const std::string mode_wanted =
      ", but the API server wants ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod";
  const std::vector<Case> cases = {
      {"apps/v1", "Deployment", R"("spec": {"replicas": "2"})", "/spec/replicas",
       " is the string \"2\"" + integer_wanted, "remove the quotes"},
      {"apps/v1", "Deployment", R"("spec": {"replicas": "two"})", "/spec/replicas",
       " is the string \"two\"" + integer_wanted, "write an integer"},
      {"apps/v1", "Deployment", R"("spec": {"replicas": 1.5})", "/spec/replicas", " is the number 1.5" + integer_wanted,
       "write an integer"},
      {"apps/v1", "Deployment", R"("spec": {"template": {"spec": {"containers": [{"args": [1]}]}}})",
       "/spec/template/spec/containers/0/args/0", " is the number 1" + string_wanted, kQuote},
      {"apps/v1", "StatefulSet", R"("spec": {"volumeClaimTemplates": {}})", "/spec/volumeClaimTemplates",
       " is an object, but the API server wants an array (a list)", kList},
      {"batch/v1", "Job", R"("spec": {"parallelism": true})", "/spec/parallelism",
       " is the boolean true" + integer_wanted, "write an integer"},
      {"batch/v1", "CronJob", R"("spec": {"jobTemplate": {"spec": {"parallelism": "3"}}})",
       "/spec/jobTemplate/spec/parallelism", " is the string \"3\"" + integer_wanted, "remove the quotes"},
      {"batch/v1", "CronJob", R"("spec": {"jobTemplate": []})", "/spec/jobTemplate",
       " is an array, but the API server wants an object (a mapping)",
       "write a mapping: remove the \"- \" in front of its members"},
      {"v1", "PersistentVolumeClaim", R"("spec": {"accessModes": ["RWX"]})", "/spec/accessModes/0",
       " is the string \"RWX\"" + mode_wanted, "write ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod"},
      {"v1", "PersistentVolumeClaim", R"("spec": {"accessModes": [3]})", "/spec/accessModes/0",
       " is the number 3" + mode_wanted, "write ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod"},
      {"v1", "PersistentVolumeClaim", R"("spec": {"accessModes": "ReadWriteMany"})", "/spec/accessModes",
       " is the string \"ReadWriteMany\", but the API server wants an array (a list)", kList},
      {"v1", "PersistentVolumeClaim", R"("spec": {"resources": {"requests": {"storage": "big"}}})",
       "/spec/resources/requests/storage",
       " is the string \"big\", but the API server wants a quantity such as 8, 500m or 64Gi",
       "write a quantity such as 8, 500m or 64Gi"},
      {"v1", "PersistentVolumeClaim", R"("spec": {"storageClassName": true})", "/spec/storageClassName",
       " is the boolean true" + string_wanted, kQuote},
      {"storage.k8s.io/v1", "StorageClass", R"("provisioner": 5)", "/provisioner", " is the number 5" + string_wanted,
       kQuote},
      {"storage.k8s.io/v1", "StorageClass", R"("parameters": {"iops": 3000})", "/parameters/iops",
       " is the number 3000" + string_wanted, kQuote},
  };
  for (const Case& test : cases) {
    expect_one_error(test);
  }
}

TEST(FieldTypes, RightOnesHaveNoErrors) {
  const std::vector<Object> objects = {
      object("v1", "Pod", R"({"name": "a", "labels": {"x": "y"}, "annotations": null, "ownerReferences": []})",
             R"("spec": {
        "nodeName": null, "nodeSelector": {"gpu": "true"}, "restartPolicy": "Never", "tolerations": [{}], "affinity": {},
        "initContainers": null,
        "containers": [{"name": "c", "image": "i", "command": ["a"], "args": ["8000", null],
          "env": [{"name": "A", "value": "true"}, {"name": "B", "valueFrom": {}}], "envFrom": [{}],
          "volumeMounts": [{"name": "v", "mountPath": "/x", "readOnly": true, "subPath": "s"}],
          "resources": {"requests": {"cpu": 0.5, "memory": "1e3"}, "limits": {"nvidia.com/gpu": 1, "memory": "64Gi"}}}],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c", "readOnly": false}}, {"name": "w", "emptyDir": null}]})"),
      object(
          "apps/v1", "Deployment", "{}",
          R"("spec": {"replicas": 0, "selector": {}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": {}}})"),
      object("batch/v1", "CronJob", "{}",
             R"("spec": {"jobTemplate": {"spec": {"parallelism": 2, "template": {"spec": {}}}}})"),
      object(
          "v1", "PersistentVolumeClaim", "{}",
          R"("spec": {"accessModes": ["ReadWriteMany"], "storageClassName": "", "resources": {"requests": {"storage": 107374182400}}})"),
      object("storage.k8s.io/v1", "StorageClass", "{}", R"("provisioner": "p", "parameters": {"a": "b"})"),
  };
  for (const Object& right : objects) {
    std::vector<std::string> messages;
    for (const TypeError& error : errors_of(right)) {
      messages.push_back(error.message);
    }
    EXPECT_THAT(messages, IsEmpty()) << right.display_name();
  }
}

TEST(FieldTypes, OtherKindsAreNotJudged) {
  EXPECT_THAT(errors_of(object("v1", "Service", R"({"name": 5})", R"("spec": 7)")), IsEmpty());
  EXPECT_THAT(errors_of(object("example.com/v1", "Deployment", "{}", R"("spec": 7)")), IsEmpty());
}

TEST(FieldTypes, LongValuesAreShortenedAndStayOneLine) {
  const Object pod = object("v1", "Pod", R"({"labels": ")" + std::string(1000, 'x') + R"(\n"})");
  const std::vector<TypeError> errors = errors_of(pod);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].message, "/metadata/labels is the string \"" + std::string(58, 'x') +
                                   "\xE2\x80\xA6, but the API server wants an object (a mapping)");
}

}  // namespace
}  // namespace warmgate::kube
