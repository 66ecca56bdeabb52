// JsonDom: a JSON value grown from parser events, with depth and number of nodes bounded before anything is copied
// (nlohmann::json recurses on copy and dump). For one thread.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "warmgate/document/read.h"

namespace warmgate::document {

class JsonDom {
 public:
  enum class Limit { kNone, kDepth, kNodes };

  explicit JsonDom(const Limits& limits) : limits_(limits) {}

  // Each false when a limit is reached; limit() tells which.
  bool add(Json value) { return place(std::move(value)) != nullptr; }
  bool open(Json collection) {
    if (open_.size() >= limits_.max_depth) {
      limit_ = Limit::kDepth;
      return false;
    }
    Json* placed = place(std::move(collection));
    if (placed != nullptr) {
      open_.push_back(placed);
    }
    return placed != nullptr;
  }
  // Names the member that the next value becomes; a second one of the same name replaces the first.
  void key(std::string& name) { member_ = &(*open_.back())[std::move(name)]; }
  void close() { open_.pop_back(); }

  [[nodiscard]] bool complete() const { return open_.empty(); }
  [[nodiscard]] bool in_object() const { return !open_.empty() && open_.back()->is_object(); }
  [[nodiscard]] Limit limit() const { return limit_; }
  [[nodiscard]] std::size_t node_count() const { return node_count_; }
  Json take() {
    open_.clear();
    return std::exchange(root_, Json());
  }

 private:
  Json* place(Json value) {
    if (++node_count_ > limits_.max_nodes) {
      limit_ = Limit::kNodes;
      return nullptr;
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) {
      return &parent.emplace_back(std::move(value));
    }
    *member_ = std::move(value);
    return member_;
  }

  Limits limits_;
  Json root_;
  std::vector<Json*> open_;  // stable: only the innermost collection grows
  Json* member_ = nullptr;
  std::size_t node_count_ = 0;
  Limit limit_ = Limit::kNone;
};

}  // namespace warmgate::document
