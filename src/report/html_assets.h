// Where do the hand-written page, style and script of the HTML report come from?
#pragma once

#include <string_view>

namespace quarrel {

/// The files of report/html/, embedded at build time.
std::string_view html_page();
std::string_view html_style();
std::string_view html_script();

}  // namespace quarrel
