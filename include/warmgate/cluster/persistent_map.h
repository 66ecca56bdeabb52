// PersistentMap: an ordered map from strings whose copies share their structure: copying costs one pointer, changing a
// copy O(log n), and no other copy sees it. That is what makes a snapshot of 50,000 Pods after every event affordable.
// An AVL tree with path copying (Driscoll et al., "Making Data Structures Persistent", 1989). A value type: const use
// of copies is thread-safe, as the nodes they share are immutable.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace warmgate::cluster {

template <class Value>
class PersistentMap {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }

  // nullptr when there is none; valid as long as a copy of the map that has the entry.
  [[nodiscard]] const Value* find(std::string_view key) const {
    const Node* node = root_.get();
    while (node != nullptr && node->entry->key != key) {
      node = (key < node->entry->key ? node->left : node->right).get();
    }
    return node == nullptr ? nullptr : &node->entry->value;
  }

  // Inserts, or replaces.
  void put(std::string key, Value value) {
    size_ += find(key) == nullptr ? 1 : 0;
    root_ = with(root_, std::make_shared<const Entry>(Entry{std::move(key), std::move(value)}));
  }

  // Nothing happens when there is no such key.
  void remove(std::string_view key) {
    if (find(key) != nullptr) {
      root_ = without(root_, key);
      --size_;
    }
  }

  // In the order of the keys, those that begin with `prefix`: visit(key, value) until it returns false.
  template <class Visit>
  void visit(std::string_view prefix, const Visit& visit) const {
    walk(root_.get(), prefix, visit);
  }

 private:
  struct Entry {
    std::string key;
    Value value;
  };
  struct Node;
  using EntryPtr = std::shared_ptr<const Entry>;
  using NodePtr = std::shared_ptr<const Node>;
  struct Node {
    EntryPtr entry;
    NodePtr left;
    NodePtr right;
    int height = 1;
  };

  static int height(const NodePtr& node) { return node ? node->height : 0; }

  static NodePtr make(EntryPtr entry, NodePtr left, NodePtr right) {
    const int tallest = std::max(height(left), height(right));
    return std::make_shared<const Node>(Node{std::move(entry), std::move(left), std::move(right), tallest + 1});
  }

  // A node of the three whose sides differ in height by one at most; before, by two at most.
  static NodePtr balanced(const EntryPtr& entry, const NodePtr& left, const NodePtr& right) {
    if (height(left) > height(right) + 1) {
      if (height(left->left) >= height(left->right)) {
        return make(left->entry, left->left, make(entry, left->right, right));
      }
      const NodePtr& middle = left->right;
      return make(middle->entry, make(left->entry, left->left, middle->left), make(entry, middle->right, right));
    }
    if (height(right) > height(left) + 1) {
      if (height(right->right) >= height(right->left)) {
        return make(right->entry, make(entry, left, right->left), right->right);
      }
      const NodePtr& middle = right->left;
      return make(middle->entry, make(entry, left, middle->left), make(right->entry, middle->right, right->right));
    }
    return make(entry, left, right);
  }

  static NodePtr with(const NodePtr& node, EntryPtr entry) {
    if (!node) {
      return make(std::move(entry), nullptr, nullptr);
    }
    if (entry->key == node->entry->key) {
      return make(std::move(entry), node->left, node->right);
    }
    return entry->key < node->entry->key ? balanced(node->entry, with(node->left, std::move(entry)), node->right)
                                         : balanced(node->entry, node->left, with(node->right, std::move(entry)));
  }

  // Requires that the key is there.
  static NodePtr without(const NodePtr& node, std::string_view key) {
    if (key < node->entry->key) {
      return balanced(node->entry, without(node->left, key), node->right);
    }
    if (key > node->entry->key) {
      return balanced(node->entry, node->left, without(node->right, key));
    }
    if (!node->left || !node->right) {
      return node->left ? node->left : node->right;
    }
    const Node* next = node->right.get();
    while (next->left) {
      next = next->left.get();
    }
    return balanced(next->entry, node->left, without(node->right, next->entry->key));
  }

  // False: the visitor has seen enough.
  template <class Visit>
  static bool walk(const Node* node, std::string_view prefix, const Visit& visit) {
    if (node == nullptr) {
      return true;
    }
    const std::string_view key = node->entry->key;
    const std::string_view begin = key.substr(0, prefix.size());
    if (begin >= prefix && !walk(node->left.get(), prefix, visit)) {
      return false;
    }
    if (begin == prefix && !visit(key, node->entry->value)) {
      return false;
    }
    return begin > prefix || walk(node->right.get(), prefix, visit);
  }

  NodePtr root_;
  std::size_t size_ = 0;
};

}  // namespace warmgate::cluster
