#include "warmgate/kube/field_types.h"

#include <array>
#include <span>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/document/write.h"
#include "warmgate/kube/quantity.h"
#include "warmgate/kube/storage.h"

namespace warmgate::kube {
namespace {

enum class Type { kObject, kArray, kString, kBoolean, kInteger, kQuantity, kAccessMode };

struct Field {
  std::string_view path;  // members separated by "/"; "[]" stands for every item, "{}" for every member
  Type type;
};

constexpr std::array kMetadataFields = {
    Field{"metadata", Type::kObject},
    Field{"metadata/name", Type::kString},
    Field{"metadata/namespace", Type::kString},
    Field{"metadata/labels", Type::kObject},
    Field{"metadata/labels/{}", Type::kString},
    Field{"metadata/annotations", Type::kObject},
    Field{"metadata/annotations/{}", Type::kString},
    Field{"metadata/ownerReferences", Type::kArray},
    Field{"spec", Type::kObject},
};

constexpr std::array kWorkloadFields = {
    Field{"spec/replicas", Type::kInteger},
    Field{"spec/parallelism", Type::kInteger},
    Field{"spec/completions", Type::kInteger},
    Field{"spec/backoffLimit", Type::kInteger},
    Field{"spec/selector", Type::kObject},
    Field{"spec/template", Type::kObject},
    Field{"spec/template/spec", Type::kObject},
    Field{"spec/template/metadata", Type::kObject},
    Field{"spec/template/metadata/labels", Type::kObject},
    Field{"spec/template/metadata/labels/{}", Type::kString},
    Field{"spec/template/metadata/annotations", Type::kObject},
    Field{"spec/template/metadata/annotations/{}", Type::kString},
    Field{"spec/jobTemplate", Type::kObject},
    Field{"spec/jobTemplate/spec", Type::kObject},
    Field{"spec/jobTemplate/spec/parallelism", Type::kInteger},
    Field{"spec/jobTemplate/spec/completions", Type::kInteger},
    Field{"spec/jobTemplate/spec/backoffLimit", Type::kInteger},
    Field{"spec/jobTemplate/spec/template", Type::kObject},
    Field{"spec/jobTemplate/spec/template/spec", Type::kObject},
    Field{"spec/jobTemplate/spec/template/metadata", Type::kObject},
    Field{"spec/jobTemplate/spec/template/metadata/labels", Type::kObject},
    Field{"spec/jobTemplate/spec/template/metadata/labels/{}", Type::kString},
    Field{"spec/volumeClaimTemplates", Type::kArray},
    Field{"spec/volumeClaimTemplates/[]", Type::kObject},
};

constexpr std::array kPodSpecFields = {
    Field{"initContainers", Type::kArray},
    Field{"containers", Type::kArray},
    Field{"ephemeralContainers", Type::kArray},
    Field{"volumes", Type::kArray},
    Field{"volumes/[]", Type::kObject},
    Field{"volumes/[]/name", Type::kString},
    Field{"volumes/[]/persistentVolumeClaim", Type::kObject},
    Field{"volumes/[]/persistentVolumeClaim/claimName", Type::kString},
    Field{"volumes/[]/persistentVolumeClaim/readOnly", Type::kBoolean},
    Field{"volumes/[]/emptyDir", Type::kObject},
    Field{"volumes/[]/hostPath", Type::kObject},
    Field{"restartPolicy", Type::kString},
    Field{"nodeName", Type::kString},
    Field{"nodeSelector", Type::kObject},
    Field{"nodeSelector/{}", Type::kString},
    Field{"affinity", Type::kObject},
    Field{"tolerations", Type::kArray},
    Field{"resourceClaims", Type::kArray},
};

constexpr std::array kContainerFields = {
    Field{"[]", Type::kObject},
    Field{"[]/name", Type::kString},
    Field{"[]/image", Type::kString},
    Field{"[]/command", Type::kArray},
    Field{"[]/command/[]", Type::kString},
    Field{"[]/args", Type::kArray},
    Field{"[]/args/[]", Type::kString},
    Field{"[]/env", Type::kArray},
    Field{"[]/env/[]", Type::kObject},
    Field{"[]/env/[]/name", Type::kString},
    Field{"[]/env/[]/value", Type::kString},
    Field{"[]/env/[]/valueFrom", Type::kObject},
    Field{"[]/envFrom", Type::kArray},
    Field{"[]/envFrom/[]", Type::kObject},
    Field{"[]/volumeMounts", Type::kArray},
    Field{"[]/volumeMounts/[]", Type::kObject},
    Field{"[]/volumeMounts/[]/name", Type::kString},
    Field{"[]/volumeMounts/[]/mountPath", Type::kString},
    Field{"[]/volumeMounts/[]/subPath", Type::kString},
    Field{"[]/volumeMounts/[]/subPathExpr", Type::kString},
    Field{"[]/volumeMounts/[]/readOnly", Type::kBoolean},
    Field{"[]/resources", Type::kObject},
    Field{"[]/resources/requests", Type::kObject},
    Field{"[]/resources/requests/{}", Type::kQuantity},
    Field{"[]/resources/limits", Type::kObject},
    Field{"[]/resources/limits/{}", Type::kQuantity},
};

constexpr std::array kClaimFields = {
    Field{"spec/accessModes", Type::kArray},
    Field{"spec/accessModes/[]", Type::kAccessMode},
    Field{"spec/storageClassName", Type::kString},
    Field{"spec/volumeName", Type::kString},
    Field{"spec/resources", Type::kObject},
    Field{"spec/resources/requests", Type::kObject},
    Field{"spec/resources/requests/{}", Type::kQuantity},
};

constexpr std::array kStorageClassFields = {
    Field{"metadata", Type::kObject},
    Field{"provisioner", Type::kString},
    Field{"parameters", Type::kObject},
    Field{"parameters/{}", Type::kString},
};

std::string_view wanted(Type type) {
  switch (type) {
    case Type::kObject:
      return "an object (a mapping)";
    case Type::kArray:
      return "an array (a list)";
    case Type::kString:
      return "a string";
    case Type::kBoolean:
      return "true or false";
    case Type::kInteger:
      return "an integer";
    case Type::kQuantity:
      return "a quantity such as 8, 500m or 64Gi";
    case Type::kAccessMode:
      return "ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod";
  }
  return "";
}

bool has_type(const View& value, Type type) {
  switch (type) {
    case Type::kObject:
      return value.is_object();
    case Type::kArray:
      return value.is_array();
    case Type::kString:
      return value.is_string();
    case Type::kBoolean:
      return value.boolean().has_value();
    case Type::kInteger:
      return value.integer().has_value();
    case Type::kQuantity:
      return value.is_string() ? parse_quantity(value.text()).has_value()
                               : !value.is_object() && !value.is_array() && !value.boolean();
    case Type::kAccessMode:
      return parse_access_mode(value.text()).has_value();
  }
  return false;
}

std::string describe(const View& value) {
  if (value.is_object()) {
    return "an object";
  }
  if (value.is_array()) {
    return "an array";
  }
  constexpr std::size_t kMaxShown = 60;
  const std::string shown = base::one_line(document::to_json(*value.json()), kMaxShown);
  return (value.is_string() ? "the string " : value.boolean() ? "the boolean " : "the number ") + shown;
}

// The string would have the type without its quotes.
bool is_quoted(Type type, std::string_view text) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  return (type == Type::kInteger && digits) || (type == Type::kBoolean && (text == "true" || text == "false"));
}

std::string how_to_write(const View& value, Type type) {
  switch (type) {
    case Type::kArray:
      return "write a list: each item on a line that begins with \"- \", or [...]";
    case Type::kObject:
      return value.is_array() ? "write a mapping: remove the \"- \" in front of its members"
                              : "write a mapping: its members indented below the key, or {...}";
    case Type::kString:
      return value.is_object() || value.is_array()
                 ? "write one string"
                 : "quote it: \"...\" (YAML 1.1 reads yes, no, on, off, true, false and bare numbers as something "
                   "else)";
    case Type::kInteger:
    case Type::kBoolean:
      return is_quoted(type, value.text()) ? "remove the quotes" : "write " + std::string(wanted(type));
    case Type::kQuantity:
    case Type::kAccessMode:
      return "write " + std::string(wanted(type));
  }
  return "";
}

TypeError error_at(const View& value, Type type) {
  return {value.pointer(),
          value.pointer() + " is " + describe(value) + ", but the API server wants " + std::string(wanted(type)),
          how_to_write(value, type)};
}

void check(const View& value, std::string_view path, Type type, std::vector<TypeError>& errors) {
  if (path.empty()) {
    if (value && !has_type(value, type)) {
      errors.push_back(error_at(value, type));
    }
    return;
  }
  const std::size_t slash = path.find('/');
  const std::string_view token = path.substr(0, slash);
  const std::string_view rest = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  if (token == "[]") {
    for (const View& item : value.items()) {
      check(item, rest, type, errors);
    }
  } else if (token == "{}") {
    for (const auto& [name, member] : value.members()) {
      check(member, rest, type, errors);
    }
  } else {
    check(value[token], rest, type, errors);
  }
}

void check_all(const View& root, std::span<const Field> fields, std::vector<TypeError>& errors) {
  for (const Field& field : fields) {
    check(root, field.path, field.type, errors);
  }
}

}  // namespace

std::vector<TypeError> check_field_types(const Object& object, const WorkloadKinds& kinds) {
  std::vector<TypeError> errors;
  const View root = object.root();
  if (kinds.is_workload(object)) {
    const std::string& group = object.key().group;
    check_all(root, kMetadataFields, errors);
    if (group.empty() || group == "apps" || group == "batch") {
      check_all(root, kWorkloadFields, errors);  // those of other groups have fields of their own around the PodSpec
    }
    for (const PodTemplate& pod : kinds.pod_templates(object)) {
      check_all(pod.spec, kPodSpecFields, errors);
      for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
        check_all(pod.spec[list], kContainerFields, errors);
      }
    }
  } else if (object.is("", "PersistentVolumeClaim")) {
    check_all(root, kMetadataFields, errors);
    check_all(root, kClaimFields, errors);
  } else if (object.is("storage.k8s.io", "StorageClass")) {
    check_all(root, kStorageClassFields, errors);
  }
  return errors;
}

}  // namespace warmgate::kube
