// Everything that is printed about rules, from their metadata. Pure functions.
#pragma once

#include <string>

#include "warmgate/rules/rule.h"

namespace warmgate::lint {

// The page of a rule for a terminal; the one of the documentation; what that says below its title.
std::string rule_page_text(const rules::RuleInfo& info);
std::string rule_page_markdown(const rules::RuleInfo& info);
std::string rule_help_markdown(const rules::RuleInfo& info);

// All rules.
std::string rule_list_text();
std::string rule_table_markdown();

}  // namespace warmgate::lint
