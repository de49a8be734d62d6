// What does the debug information of a binary say about layouts and globals, without its source?
#include "resolve/binary_facts.h"

#include <fmt/format.h>
#include <gelf.h>

#include <algorithm>

#include "resolve/global_reader.h"
#include "resolve/names.h"
#include "resolve/record_reader.h"

namespace quarrel {
namespace {

class BinaryReader {
 public:
  BinaryReader(const DebugInfo& info, const BinaryFactsOptions& options)
      : info_(info),
        types_(info),
        objects_(types_),
        tables_(facts_, options.root),
        records_(types_, objects_, tables_),
        globals_(types_, objects_, tables_, records_) {}

  SourceFacts read() {
    for (const DwarfUnit& unit : info_.units()) {
      add_unit(unit);
      read_tree(unit.tree);
    }
    for (const Dwarf_Die& unit : info_.type_units()) read_tree(unit);
    facts_.records = records_.take();
    facts_.variables = globals_.take();
    return std::move(facts_);
  }

 private:
  void add_unit(DwarfUnit unit) {
    const std::string name = name_of(unit.lines);
    const std::string folder = unit_folder(unit.lines);
    const std::string path = name.starts_with('/') || folder.empty() ? name : folder + "/" + name;
    const FileId file = tables_.file(path.empty() ? "(unknown)" : normal_path(path));
    facts_.units.push_back({.main_file = file, .standard = std::string(kFromDebugInfo)});
    if (!unit.is_tree_missing) return;
    facts_.units.back().state = UnitState::kFailed;
    facts_.units.back().reason = "the .dwo file that holds the types was not found";
  }

  static std::string unit_folder(Dwarf_Die& unit) {
    auto attribute = attribute_of(unit, DW_AT_comp_dir);
    const char* text = attribute ? dwarf_formstring(&*attribute) : nullptr;
    return text != nullptr ? clean_name(text) : "";
  }

  void read_tree(Dwarf_Die unit) {
    const UnitEntries entries = types_.enter(unit);
    for (const Dwarf_Die& record : entries.records) records_.add(record);
    for (const VariableEntry& variable : entries.variables)
      globals_.add(variable.die, variable.is_in_function);
  }

  const DebugInfo& info_;
  SourceFacts facts_;
  TypeTable types_;
  ObjectTypes objects_;
  FactTables tables_;
  RecordReader records_;
  GlobalReader globals_;
};

bool is_object_file(const ElfFile& file) {
  GElf_Ehdr header;
  return gelf_getehdr(file.elf(), &header) != nullptr && header.e_type == ET_REL;
}

Error no_debug_info(const std::string& path, const ElfFile& file, const DebugPaths& paths) {
  const std::string looked =
      file.build_id().empty()
          ? "it has no build id by which a separate debug file could be found"
          : fmt::format("none for its build id {} is below {}", file.build_id(), paths.debug_path);
  return Error{
      fmt::format("{} has no debug information, and {}; compile with -g, or install its "
                  "debug symbols (Debian: the package with -dbgsym or -dbg)",
                  path, looked)};
}

void drop_library_records(SourceFacts& facts) {
  std::erase_if(facts.records, [](const SourceRecord& each) { return each.is_in_system_header; });
}

Result<SourceFacts> read(ElfFile& file, const std::string& path,
                         const BinaryFactsOptions& options) {
  if (is_object_file(file))
    return Error{path +
                 " is an object file, whose debug information is not linked yet; "
                 "name the program or shared library that it becomes part of"};
  const DebugInfo info(file, normal_path(path), options.paths);
  if (!info.is_available()) return no_debug_info(path, file, options.paths);
  SourceFacts facts = BinaryReader(info, options).read();
  if (!options.with_library_records) drop_library_records(facts);
  return facts;
}

}  // namespace

Result<SourceFacts> read_binary_facts(const std::string& path, const BinaryFactsOptions& options) {
  TRY(auto file, ElfFile::open(path));
  return read(*file, path, options);
}

Result<SourceFacts> binary_facts_of(std::vector<char> image) {
  TRY(auto file, ElfFile::from_memory(std::move(image)));
  return read(*file, "the image", {.paths = {}});
}

}  // namespace quarrel
