#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

/// What a command prints, on standard output and standard error, in the order in which a terminal shows both. Threads: one.
class ToolOutput {
 public:
  void Out(std::string_view text) { Add(stdout, text); }
  void Err(std::string_view text) { Add(stderr, text); }

  std::string out() const { return Text(stdout); }
  std::string err() const { return Text(stderr); }

  void Print() const {
    for (const Piece& piece : pieces_) {
      std::fwrite(piece.text.data(), 1, piece.text.size(), piece.stream);
      std::fflush(piece.stream);
    }
  }

 private:
  struct Piece {
    std::FILE* stream;
    std::string text;
  };

  void Add(std::FILE* stream, std::string_view text) {
    if (text.empty()) {
      return;
    }
    if (pieces_.empty() || pieces_.back().stream != stream) {
      pieces_.push_back({stream, {}});
    }
    pieces_.back().text += text;
  }
  std::string Text(const std::FILE* stream) const {
    std::string text;
    for (const Piece& piece : pieces_) {
      text += piece.stream == stream ? piece.text : "";
    }
    return text;
  }

  std::vector<Piece> pieces_;
};

}  // namespace tocsin
