// Everything that is printed about rules, from their metadata.
#pragma once

#include <string>

#include "warmgate/rules/rule.h"

namespace warmgate::cli {

std::string rule_page_text(const rules::RuleInfo& info);
std::string rule_page_markdown(const rules::RuleInfo& info);
std::string rule_list_text();
std::string rule_table_markdown();

}  // namespace warmgate::cli
