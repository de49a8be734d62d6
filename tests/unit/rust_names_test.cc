// Are functions and types of Rust called what their author called them?
#include <gtest/gtest.h>

#include "model/runtime_code.h"
#include "resolve/names.h"
#include "resolve/rust_names.h"

namespace quarrel {
namespace {

TEST(RustNames, OfTheCurrentSchemeAreReadByItsGrammar) {
  EXPECT_EQ(rust_symbol_name("_RNvMNtNtNtNtCsjrHSEGnQ3l9_3std3sys4sync5mutex5futexNtB2_5Mutex14lock"
                             "_contended"),
            "std::sys::sync::mutex::futex::Mutex::lock_contended");
  EXPECT_EQ(rust_symbol_name("_RNvNtNtCsjrHSEGnQ3l9_3std6thread9functions4park"),
            "std::thread::functions::park");
  EXPECT_EQ(rust_symbol_name("_RINvNtC3std3mem8align_ofdE"), "std::mem::align_of<f64>");
  EXPECT_EQ(rust_symbol_name("_RINvNtC3std3mem8align_ofRShE"), "std::mem::align_of<&[u8]>");
  EXPECT_EQ(rust_symbol_name("_RNCNvCsgStHSCytQ6I_7mycrate4mains_0B3_"),
            "mycrate::main::{closure}");
  EXPECT_EQ(rust_symbol_name("_RNvXCs7n_7mycrateNtB2_7ExampleNtNtCs1_4core5clone5Clone5clone"),
            "<mycrate::Example as core::clone::Clone>::clone");
  EXPECT_EQ(rust_symbol_name("_RINvC7mycrate3fooFKCjEuDNtB2_5TraitEL_E"),
            "mycrate::foo<fn(usize), dyn mycrate::Trait>");
}

TEST(RustNames, ThatAreDamagedAreNoNames) {
  for (const char* damaged :
       {"_R", "_RN", "_RNv", "_RNvC3std", "_RNvC99999std3foo", "_RB_", "_RNvB_3foo", "_RIC3stdE",
        "_RNvMC3std",
        "_RINvC1a1bTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT"})
    EXPECT_TRUE(rust_symbol_name(damaged).value_or("").size() < 64) << damaged;
  EXPECT_EQ(rust_symbol_name("_RNvC99999std3foo"), std::nullopt);
  EXPECT_EQ(rust_symbol_name("main"), std::nullopt);
}

TEST(RustNames, ThatEndWhereAConstantBeginsAreNoNames) {
  EXPECT_EQ(rust_symbol_name("_RIC1aK"), std::nullopt);
  EXPECT_EQ(rust_symbol_name("_RIC1aKj"), std::nullopt);
  EXPECT_EQ(rust_symbol_name("_RIC1aKj7_E"), "a<0x7>");
}

TEST(RustNames, WhoseConstantRefersToItselfAreNoNames) {
  EXPECT_EQ(rust_symbol_name("_RIC1aKB4_E"), std::nullopt);
  EXPECT_EQ(rust_symbol_name("_RIC1aAhB5_E"), "a<[u8]>");  // silent: nothing is followed
}

/// A number of the symbol grammar, in base 62.
std::string number(size_t value) {
  constexpr std::string_view kDigits =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string text = "_";
  if (value == 0) return text;
  for (--value;; value /= 62) {
    text.insert(text.begin(), kDigits[value % 62]);
    if (value < 62) return text;
  }
}

// Each tuple has the one before it twice, by references: 2^40 elements.
TEST(RustNames, DoNotGrowBeyondMeasureByBackReferences) {
  std::string symbol = "IC1a";
  size_t last = symbol.size();
  symbol += "TuuE";
  for (int i = 0; i < 40; ++i) {
    const std::string twice = "B" + number(last) + "B" + number(last);
    last = symbol.size();
    symbol += "T" + twice + "E";
  }
  EXPECT_EQ(rust_symbol_name("_R" + symbol + "E"), std::nullopt);
  EXPECT_EQ(rust_symbol_name("_RNvX" + symbol + "EuC1b1c"), "<() as b>::c");
}

TEST(RustNames, OfTheLegacySchemeLoseHashAndEscapes) {
  EXPECT_EQ(function_name("_ZN8standard6member28_$u7b$$u7b$closure$u7d$$u7d$17h44c21c0a8cbf067cE"),
            "standard::member::{closure}");
  EXPECT_EQ(function_name("_ZN3std4sync5mutex14Mutex$LT$T$GT$4lock17hddf0750b066bbef3E"),
            "std::sync::mutex::Mutex<T>::lock");
  EXPECT_EQ(without_rust_escapes("app::hash::h0123"), "app::hash::h0123");
}

TEST(RustLibrary, IsToldFromTheUsersOwnNames) {
  EXPECT_TRUE(is_rust_library_name("core::cell::UnsafeCell<u32>"));
  EXPECT_TRUE(is_rust_library_name("<core::panic::unwind_safe::AssertUnwindSafe<F> as X>::call"));
  EXPECT_FALSE(is_rust_library_name("core::Engine"));
  EXPECT_FALSE(is_rust_library_name("app::core::cell::Cell"));
}

}  // namespace
}  // namespace quarrel
