// Where do the hand-written page, style and script of the HTML report come from?
//
// They are embedded by the assembler: GCC 12 has no #embed, and a page in a string literal cannot
// be opened in a browser while one works on it. CMake lists them as dependencies of this object.
#include "report/html_assets.h"

#include <cstddef>

#define EMBED(symbol, file)                                        \
  asm(".section .rodata\n"                                         \
      ".globl quarrel_" #symbol                                    \
      "\n"                                                         \
      ".globl quarrel_" #symbol                                    \
      "_end\n"                                                     \
      "quarrel_" #symbol ":\n.incbin \"" QUARREL_HTML_DIR "/" file \
      "\"\n"                                                       \
      "quarrel_" #symbol "_end:\n.byte 0\n.previous\n");           \
  extern "C" const char quarrel_##symbol[];                        \
  extern "C" const char quarrel_##symbol##_end[]

EMBED(html_page, "report.html");
EMBED(html_style, "report.css");
EMBED(html_script, "report.js");

namespace quarrel {
namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace

std::string_view html_page() {
  return between(quarrel_html_page, quarrel_html_page_end);
}
std::string_view html_style() {
  return between(quarrel_html_style, quarrel_html_style_end);
}
std::string_view html_script() {
  return between(quarrel_html_script, quarrel_html_script_end);
}

}  // namespace quarrel
