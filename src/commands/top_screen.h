// How is a diagnosis drawn on a terminal, again and again, and which keys does it obey?
#pragma once

#include "model/diagnosis.h"
#include "report/top_view.h"

namespace quarrel {

/// Owns the terminal while it lives. The program has one.
class TopScreen {
 public:
  TopScreen();
  ~TopScreen();
  TopScreen(const TopScreen&) = delete;
  TopScreen& operator=(const TopScreen&) = delete;

  bool is_paused() const { return is_paused_; }

  /// Draws the view that was chosen; null: nothing is known yet.
  void draw(const Diagnosis* diagnosis, const Diagnosis* before);

  /// Waits up to 100 ms for a key; false if it was the one that ends the program.
  bool handle_key();

 private:
  void draw_tabs(int row);

  TopView view_ = TopView::kLocks;
  bool is_paused_ = false;
};

}  // namespace quarrel
