// record/columns.h - columns of text and of lists of text, without a heap object a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hb {

/// Many strings in one arena.
///
/// Threads  A plain value: one writer, or any number of readers.
/// Memory   Grows with what is appended; Clear keeps the capacity, so steady state allocates
/// nothing.
class StringColumn {
 public:
  void Append(std::string_view text) {
    bytes_.append(text);
    ends_.push_back(bytes_.size());
  }
  /// For a value that is built in place: append to Open(), then Close(). What is before must stay.
  std::string& Open() { return bytes_; }
  void Close() { ends_.push_back(bytes_.size()); }
  /// The returned view lives until the column changes.
  [[nodiscard]] std::string_view operator[](std::size_t row) const {
    const std::size_t begin = row == 0 ? 0 : ends_[row - 1];
    return {bytes_.data() + begin, ends_[row] - begin};
  }
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] bool empty() const { return ends_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_.size(); }
  void Clear() {
    bytes_.clear();
    ends_.clear();
  }
  void Reserve(std::size_t rows, std::size_t bytes) {
    ends_.reserve(rows);
    bytes_.reserve(bytes);
  }
  /// Keeps the first `rows` values. Requires: rows <= size().
  void Truncate(std::size_t rows) {
    bytes_.resize(rows == 0 ? 0 : ends_[rows - 1]);
    ends_.resize(rows);
  }
  [[nodiscard]] std::size_t memory() const {
    return bytes_.capacity() + ends_.capacity() * sizeof(std::size_t);
  }

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
};

/// A list of strings for each row. Values of the row being built are added with Push; EndRow closes
/// it.
///
/// Threads  As StringColumn.
class ListColumn {
 public:
  class List {
   public:
    class Iterator {
     public:
      Iterator(const StringColumn* values, std::size_t at) : values_(values), at_(at) {}
      std::string_view operator*() const { return (*values_)[at_]; }
      Iterator& operator++() {
        ++at_;
        return *this;
      }
      bool operator==(const Iterator& other) const { return at_ == other.at_; }

     private:
      const StringColumn* values_;
      std::size_t at_;
    };
    List(const StringColumn* values, std::size_t begin, std::size_t end)
        : values_(values), begin_(begin), end_(end) {}
    [[nodiscard]] std::size_t size() const { return end_ - begin_; }
    [[nodiscard]] bool empty() const { return end_ == begin_; }
    std::string_view operator[](std::size_t i) const { return (*values_)[begin_ + i]; }
    [[nodiscard]] Iterator begin() const { return {values_, begin_}; }
    [[nodiscard]] Iterator end() const { return {values_, end_}; }

   private:
    const StringColumn* values_;
    std::size_t begin_, end_;
  };

  void Push(std::string_view value) { values_.Append(value); }
  void EndRow() { ends_.push_back(values_.size()); }
  void AppendRow(const List& list) {
    for (const std::string_view value : list) Push(value);
    EndRow();
  }
  [[nodiscard]] List operator[](std::size_t row) const {
    return {&values_, row == 0 ? 0 : ends_[row - 1], ends_[row]};
  }
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  /// Number of values of all rows, those of the row being built included.
  [[nodiscard]] std::size_t values() const { return values_.size(); }
  /// Number of values before those of `row`. Requires: row <= size().
  [[nodiscard]] std::size_t ValuesBefore(std::size_t row) const {
    return row == 0 ? 0 : ends_[row - 1];
  }
  void Clear() {
    values_.Clear();
    ends_.clear();
  }
  /// Keeps the first `rows` lists, and drops values pushed after the last of them.
  void Truncate(std::size_t rows) {
    values_.Truncate(rows == 0 ? 0 : ends_[rows - 1]);
    ends_.resize(rows);
  }
  [[nodiscard]] std::size_t memory() const {
    return values_.memory() + ends_.capacity() * sizeof(std::size_t);
  }

 private:
  StringColumn values_;
  std::vector<std::size_t> ends_;
};

}  // namespace hb
