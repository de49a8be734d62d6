// What does a project tell about its own functions, macros and types?
#include "extract/configuration.h"

// toml++ 3.3 asserts, or tells the optimiser, what it then examines and reports as a mistake of the
// file: neither may happen with a file that anybody wrote.
#undef NDEBUG
#define TOML_ASSERT(expr) static_assert(true)
#define TOML_EXCEPTIONS 0
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <span>

namespace quarrel {
namespace {

/// Reads the tables of one file; the first mistake is kept, and what follows it reads as absent.
class Reader {
 public:
  Reader(const toml::table& file, std::string path) : file_(file), path_(std::move(path)) {}

  const std::optional<std::string>& mistake() const { return mistake_; }

  void expect_keys(const toml::table& table, std::initializer_list<std::string_view> keys) {
    for (const auto& [key, value] : table)
      if (std::find(keys.begin(), keys.end(), key.str()) == keys.end())
        complain(value, fmt::format("'{}' means nothing here", key.str()));
  }

  /// The tables of `[[name]]`.
  std::vector<const toml::table*> tables(std::string_view name) {
    std::vector<const toml::table*> found;
    const toml::node* node = file_.get(name);
    if (node == nullptr) return found;
    const toml::array* list = node->as_array();
    if (list == nullptr) complain(*node, fmt::format("write [[{}]]", name));
    for (size_t i = 0; list != nullptr && i < list->size(); ++i) {
      if (const toml::table* each = list->get(i)->as_table())
        found.push_back(each);
      else
        complain(*node, fmt::format("write [[{}]]", name));
    }
    return found;
  }

  std::string text(const toml::table& table, std::string_view key, bool is_required = false) {
    const toml::node* node = table.get(key);
    if (node == nullptr && is_required) complain(table, fmt::format("'{}' is missing", key));
    if (node == nullptr) return {};
    if (const auto value = node->value_exact<std::string>(); value && !value->empty())
      return *value;
    complain(*node, fmt::format("'{}' must be a text", key));
    return {};
  }

  size_t number(const toml::table& table, std::string_view key, size_t fallback) {
    constexpr int64_t kMaxArguments = 64;
    const toml::node* node = table.get(key);
    if (node == nullptr) return fallback;
    const auto value = node->value_exact<int64_t>();
    if (value && *value >= 1 && *value <= kMaxArguments) return static_cast<size_t>(*value);
    complain(*node, fmt::format("'{}' must be a number from 1 to {}", key, kMaxArguments));
    return fallback;
  }

  bool flag(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return false;
    const auto value = node->value_exact<bool>();
    if (!value) complain(*node, fmt::format("'{}' must be true or false", key));
    return value.value_or(false);
  }

  /// The value that a word stands for.
  template <class T>
  T word(const toml::table& table, std::string_view key, const std::map<std::string, T>& words,
         T fallback) {
    const std::string value = text(table, key);
    if (value.empty()) return fallback;
    if (auto found = words.find(value); found != words.end()) return found->second;
    std::string known;
    for (const auto& [name, meaning] : words) known += (known.empty() ? "" : ", ") + name;
    complain(*table.get(key), fmt::format("'{}' must be one of: {}", key, known));
    return fallback;
  }

  void complain(const toml::node& at, const std::string& what) {
    if (!mistake_) mistake_ = fmt::format("{}:{}: {}", path_, at.source().begin.line, what);
  }

 private:
  const toml::table& file_;
  std::string path_;
  std::optional<std::string> mistake_;
};

const std::map<std::string, SourceAccess> kAccesses = {
    {"read", SourceAccess::kRead},
    {"write", SourceAccess::kWrite},
    {"rmw", SourceAccess::kReadModifyWrite},
    {"cas", SourceAccess::kCompareExchange},
};
const std::map<std::string, MemoryOrder> kOrders = {
    {"relaxed", MemoryOrder::kRelaxed}, {"consume", MemoryOrder::kConsume},
    {"acquire", MemoryOrder::kAcquire}, {"release", MemoryOrder::kRelease},
    {"acq_rel", MemoryOrder::kAcqRel},  {"seq_cst", MemoryOrder::kSeqCst},
};
const std::map<std::string, LockClass> kKinds = {
    {"mutex", LockClass::kMutex},
    {"shared", LockClass::kSharedMutex},
    {"spin", LockClass::kSpin},
};
const std::map<std::string, LockMode> kModes = {
    {"exclusive", LockMode::kExclusive},
    {"shared", LockMode::kShared},
};

void read_primitives(Reader& reader, Primitives& result) {
  for (const toml::table* table : reader.tables("primitive")) {
    reader.expect_keys(*table, {"name", "object_argument", "access", "order"});
    result.accesses.push_back({
        .name = reader.text(*table, "name", true),
        .object_argument = reader.number(*table, "object_argument", 1),
        .access = reader.word(*table, "access", kAccesses, SourceAccess::kReadModifyWrite),
        .order = reader.word(*table, "order", kOrders, MemoryOrder::kUnknown),
    });
  }
}

void read_locks(Reader& reader, Primitives& result) {
  for (const toml::table* table : reader.tables("lock")) {
    reader.expect_keys(*table, {"type", "kind", "acquire", "release", "argument", "mode"});
    const std::string type = reader.text(*table, "type");
    if (!type.empty())
      result.lock_types.push_back({type, reader.word(*table, "kind", kKinds, LockClass::kMutex)});
    const std::string acquire = reader.text(*table, "acquire", type.empty());
    if (acquire.empty()) continue;
    result.locks.push_back({.acquire = acquire,
                            .release = reader.text(*table, "release", true),
                            .argument = reader.number(*table, "argument", 1),
                            .mode = reader.word(*table, "mode", kModes, LockMode::kExclusive)});
  }
}

void read_threads(Reader& reader, Primitives& result) {
  for (const toml::table* table : reader.tables("thread_entry")) {
    reader.expect_keys(*table, {"function", "argument", "passes", "many"});
    result.threads.push_back({.name = reader.text(*table, "function", true),
                              .entry_argument = reader.number(*table, "argument", 1),
                              .passed_argument = reader.number(*table, "passes", 0),
                              .is_many = reader.flag(*table, "many")});
  }
  for (const toml::table* table : reader.tables("executor")) {
    reader.expect_keys(*table, {"submit", "argument"});
    result.threads.push_back({.name = reader.text(*table, "submit", true),
                              .entry_argument = reader.number(*table, "argument", 1),
                              .is_many = true});
  }
}

void read_paths(Reader& reader, const toml::table& file, Primitives& result) {
  const toml::node* node = file.get("paths");
  if (node == nullptr) return;
  const toml::table* table = node->as_table();
  if (table == nullptr) return reader.complain(*node, "write [paths]");
  reader.expect_keys(*table, {"ignore"});
  const toml::node* list = table->get("ignore");
  if (list == nullptr) return;
  if (list->as_array() == nullptr) return reader.complain(*list, "'ignore' must be a list");
  for (const toml::node& each : *list->as_array()) {
    if (const auto path = each.value_exact<std::string>())
      result.ignored_paths.push_back(*path);
    else
      reader.complain(each, "'ignore' must be a list of texts");
  }
}

/// 0 if no line is too long. toml++ descends by one stack frame for each part of a dotted key.
size_t first_overlong_line(std::string_view text) {
  constexpr size_t kMaxLine = 4096;
  size_t line = 1;
  for (size_t begin = 0; begin < text.size(); ++line) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    if (end - begin > kMaxLine) return line;
    begin = end + 1;
  }
  return 0;
}

}  // namespace

Result<Primitives> parse_configuration(const std::string& text, const std::string& path) {
  if (const size_t line = first_overlong_line(text))
    return Error{fmt::format("{}:{}: the line is too long, break it", path, line)};
  const toml::parse_result parsed = toml::parse(text, path);
  if (!parsed)
    return Error{fmt::format("{}:{}: {}", path, parsed.error().source().begin.line,
                             parsed.error().description())};
  Reader reader(parsed.table(), path);
  Primitives result;
  reader.expect_keys(parsed.table(), {"primitive", "lock", "thread_entry", "executor", "paths"});
  read_primitives(reader, result);
  read_locks(reader, result);
  read_threads(reader, result);
  read_paths(reader, parsed.table(), result);
  if (reader.mistake()) return Error{*reader.mistake()};
  result.text = text;
  return result;
}

Result<Primitives> read_configuration(const std::string& root) {
  const std::string path = root + "/" + std::string(kConfigurationFile);
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Primitives{};
  return parse_configuration(std::string{std::istreambuf_iterator<char>(stream), {}}, path);
}

}  // namespace quarrel
