#include "shell_parser.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "shell_lexer.h"

namespace warmgate::models {
namespace {

using Kind = ShellNodeKind;

constexpr std::array<std::string_view, 9> kRedirections = {"<", ">", ">>", "<&", ">&", "<>", ">|", "&>", "&>>"};
// Words that end a command list; which of them may stand there is known by who reads the list.
constexpr std::array<std::string_view, 8> kClosers = {"then", "elif", "else", "fi", "do", "done", "esac", "}"};

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

class Parser {
 public:
  Parser(const ShellSource& source, ShellSpan range, ShellBudget& budget)
      : budget_(budget), lexer_(source, range, budget), token_(lexer_.next()) {}

  ShellTree parse(bool to_parenthesis) {
    ShellTree tree;
    tree.commands = list();
    if (to_parenthesis && is_operator(")")) {
      tree.end = token_.span.end;
    } else if (token_.kind != ShellTokenKind::kEnd) {
      unexpected();
    }
    tree.failed = lexer_.failed();
    return tree;
  }

 private:
  void take() { token_ = lexer_.next(); }

  [[nodiscard]] bool is_operator(std::string_view text) const {
    return token_.kind == ShellTokenKind::kOperator && token_.text == text;
  }
  [[nodiscard]] bool is_reserved(std::string_view text) const {
    return token_.kind == ShellTokenKind::kWord && token_.text == text;
  }

  void unexpected() {
    if (token_.kind == ShellTokenKind::kEnd) {
      lexer_.fail("it ends in the middle of a command", token_.span.begin);
    } else {
      lexer_.fail("unexpected `" + std::string(token_.text.substr(0, 40)) + "`", token_.span.begin);
    }
    token_ = {};
  }

  bool take_reserved(std::string_view text) {
    if (!is_reserved(text)) {
      unexpected();
      return false;
    }
    take();
    return true;
  }

  bool take_operator(std::string_view text) {
    if (!is_operator(text)) {
      unexpected();
      return false;
    }
    take();
    return true;
  }

  void skip_newlines() {
    while (token_.kind == ShellTokenKind::kNewline) {
      take();
    }
  }

  [[nodiscard]] bool ends_list() const {
    return token_.kind == ShellTokenKind::kEnd || is_operator(")") || is_operator(";;") || is_operator(";&") ||
           is_operator(";;&") || (token_.kind == ShellTokenKind::kWord && one_of(kClosers, token_.text));
  }

  std::vector<ShellNode> list() {
    std::vector<ShellNode> nodes;
    skip_newlines();
    while (!lexer_.failed() && !ends_list()) {
      ShellNode node = and_or();
      if (is_operator("&")) {
        ShellNode background;
        background.kind = Kind::kSubshell;
        background.children.push_back(std::move(node));
        node = std::move(background);
      }
      nodes.push_back(std::move(node));
      if (is_operator(";") || is_operator("&") || token_.kind == ShellTokenKind::kNewline) {
        take();
      } else if (!ends_list()) {
        unexpected();
      }
      skip_newlines();
    }
    return nodes;
  }

  ShellNode and_or() {
    ShellNode node;
    node.kind = Kind::kAndOr;
    node.children.push_back(pipeline());
    while (!lexer_.failed() && (is_operator("&&") || is_operator("||"))) {
      node.if_succeeded.push_back(is_operator("&&"));
      take();
      skip_newlines();
      node.children.push_back(pipeline());
    }
    return node.children.size() == 1 ? only_child(std::move(node)) : node;
  }

  static ShellNode only_child(ShellNode node) {
    ShellNode child = std::move(node.children.front());
    return child;
  }

  ShellNode pipeline() {
    ShellNode node;
    node.kind = Kind::kPipeline;
    bool negated = false;
    while (is_reserved("!")) {
      take();
      negated = !negated;
    }
    node.children.push_back(command());
    while (!lexer_.failed() && (is_operator("|") || is_operator("|&"))) {
      take();
      skip_newlines();
      node.children.push_back(command());
    }
    if (node.children.size() == 1) {
      node = only_child(std::move(node));
    }
    node.negated = negated;
    return node;
  }

  ShellNode command() {
    const ShellBudget::Level level(budget_);
    if (!level.ok() || !budget_.step() || lexer_.failed()) {
      return {};
    }
    ShellNode node;
    if (is_operator("(")) {
      node = parenthesis();
    } else if (is_reserved("{")) {
      take();
      node.kind = Kind::kGroup;
      node.children = list();
      take_reserved("}");
    } else if (is_reserved("if")) {
      node = if_command();
    } else if (is_reserved("case")) {
      node = case_command();
    } else if (is_reserved("while") || is_reserved("until")) {
      node = while_command();
    } else if (is_reserved("for") || is_reserved("select")) {
      node = for_command();
    } else if (is_reserved("function")) {
      node = function_keyword();
    } else if (is_reserved("[[")) {
      node.kind = Kind::kTest;
      node.words.push_back(token_.span);
      for (const ShellSpan word : lexer_.test_words()) {
        node.words.push_back(word);
      }
      if (lexer_.failed()) {
        return {};
      }
      take();
    } else {
      return simple();
    }
    while (redirection(nullptr)) {
    }
    return node;
  }

  // Which of the redirections worth keeping `operation` is.
  static std::optional<ShellRedirection::Kind> kept(const ShellToken& operation) {
    const std::size_t digits = operation.span.end - operation.span.begin - operation.text.size();
    const bool input = operation.text.starts_with('<');
    if (digits > 1 || (digits == 1 && operation.written.front() != (input ? '0' : '1'))) {
      return std::nullopt;  // another descriptor
    }
    if (operation.text == "<<" || operation.text == "<<-") {
      return ShellRedirection::Kind::kHereDocument;
    }
    if (operation.text == "<<<") {
      return ShellRedirection::Kind::kHereString;
    }
    if (operation.text == ">" || operation.text == ">|" || operation.text == "&>") {
      return ShellRedirection::Kind::kOutput;
    }
    return operation.text == ">>" || operation.text == "&>>" ? std::optional(ShellRedirection::Kind::kAppend)
                                                             : std::nullopt;
  }

  // A redirection with its target, if one stands here; what is worth keeping goes to `node`.
  bool redirection(ShellNode* node) {
    if (token_.kind != ShellTokenKind::kOperator || lexer_.failed()) {
      return false;
    }
    const bool here_document = token_.text == "<<" || token_.text == "<<-";
    const bool strip_tabs = token_.text == "<<-";
    if (!here_document && token_.text != "<<<" && !one_of(kRedirections, token_.text)) {
      return false;
    }
    const std::optional<ShellRedirection::Kind> kind = kept(token_);
    take();
    if (token_.kind != ShellTokenKind::kWord) {
      unexpected();
      return false;
    }
    std::shared_ptr<ShellHereDocument> document;
    if (here_document) {
      document = lexer_.expect_here_document(token_.text, strip_tabs);
    }
    if (kind && node != nullptr) {
      node->redirections.push_back({*kind, token_.span, std::move(document)});
    }
    take();
    return true;
  }

  ShellNode simple() {
    ShellNode node;
    while (!lexer_.failed()) {
      if (token_.kind == ShellTokenKind::kWord) {
        node.words.push_back(token_.span);
        node.name = node.words.size() == 1 ? std::string(token_.text.substr(0, 256)) : "";
        take();
      } else if (is_operator("(") && !node.name.empty()) {
        take();
        if (take_operator(")")) {
          return function_body(std::move(node.name));
        }
      } else if (!redirection(&node)) {
        break;
      } else {
        redirected_ = true;
      }
    }
    if (node.words.empty() && !redirected_ && !lexer_.failed()) {
      unexpected();
    }
    redirected_ = false;
    node.name.clear();
    if (lexer_.failed()) {
      node.words.clear();  // a command that lacks its last words is another command
    }
    return node;
  }

  ShellNode function_keyword() {
    take();
    std::string name(token_.text);
    take();
    if (is_operator("(")) {
      take();
      take_operator(")");
    }
    return function_body(std::move(name));
  }

  ShellNode function_body(std::string name) {
    ShellNode node;
    node.kind = Kind::kFunction;
    node.name = std::move(name);
    skip_newlines();
    node.children.push_back(command());
    return node;
  }

  // ( list ) or ((expression)). `((a); b)` is a subshell.
  ShellNode parenthesis() {
    ShellNode node;
    if (const std::optional<ShellSpan> expression = lexer_.arithmetic()) {
      node.kind = Kind::kArithmetic;
      node.words.push_back(*expression);
      take();
      return node;
    }
    take();
    node.kind = Kind::kSubshell;
    node.children = list();
    take_operator(")");
    return node;
  }

  ShellNode if_command() {
    ShellNode node;
    node.kind = Kind::kBranches;
    while (!lexer_.failed() && (is_reserved("if") || is_reserved("elif"))) {
      take();
      ShellAlternative& alternative = node.alternatives.emplace_back();
      alternative.condition = list();
      take_reserved("then");
      alternative.body = list();
    }
    if (is_reserved("else")) {
      take();
      node.alternatives.emplace_back().body = list();
    }
    take_reserved("fi");
    return node;
  }

  ShellNode case_command() {
    take();
    ShellNode node;
    node.kind = Kind::kBranches;
    node.words.push_back(token_.span);
    take();
    skip_newlines();
    take_reserved("in");
    skip_newlines();
    while (!lexer_.failed() && !is_reserved("esac")) {
      if (is_operator("(")) {
        take();
      }
      ShellAlternative& alternative = node.alternatives.emplace_back();
      alternative.patterns.push_back(token_.span);
      take();
      while (is_operator("|")) {
        take();
        alternative.patterns.push_back(token_.span);
        take();
      }
      take_operator(")");
      alternative.body = list();
      alternative.falls_through = is_operator(";&") || is_operator(";;&");
      if (is_operator(";;") || alternative.falls_through) {
        take();
      }
      skip_newlines();
    }
    take_reserved("esac");
    return node;
  }

  ShellNode while_command() {
    take();
    ShellNode node;
    node.kind = Kind::kWhile;
    node.alternatives.emplace_back().condition = list();
    node.alternatives.back().body = loop_body();
    return node;
  }

  std::vector<ShellNode> loop_body() {
    if (is_operator(";")) {
      take();
    }
    skip_newlines();
    const bool braces = is_reserved("{");
    if (!take_reserved(braces ? "{" : "do")) {
      return {};
    }
    std::vector<ShellNode> body = list();
    take_reserved(braces ? "}" : "done");
    return body;
  }

  ShellNode for_command() {
    take();
    ShellNode node;
    if (is_operator("(")) {
      node.kind = Kind::kWhile;
      ShellNode expression = parenthesis();
      node.alternatives.emplace_back().condition.push_back(std::move(expression));
      node.alternatives.back().body = loop_body();
      return node;
    }
    node.kind = Kind::kFor;
    node.name = std::string(token_.text);
    if (token_.kind != ShellTokenKind::kWord || !is_shell_name(token_.text)) {
      unexpected();
    }
    take();
    skip_newlines();
    node.over_words = is_reserved("in");
    if (node.over_words) {
      take();
      while (token_.kind == ShellTokenKind::kWord) {
        node.words.push_back(token_.span);
        take();
      }
    }
    node.children = loop_body();
    return node;
  }

  ShellBudget& budget_;
  ShellLexer lexer_;
  ShellToken token_;
  bool redirected_ = false;  // the simple command being read has a redirection, so it may have no words
};

}  // namespace

ShellTree parse_shell(const ShellSource& source, ShellSpan range, ShellBudget& budget) {
  return Parser(source, range, budget).parse(false);
}

ShellTree parse_shell_to_parenthesis(const ShellSource& source, ShellSpan range, ShellBudget& budget) {
  return Parser(source, range, budget).parse(true);
}

}  // namespace warmgate::models
