// model/drift.h - how the labels of two periods, or of two models, differ.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hb::model {

/// How often each label of one result came in two sets of posts, A and B.
///
/// Either the sets are apart (two periods): then Count. Or they are the same posts judged twice
/// (two models): then CountBoth, which tells also how far the two agree.
class Drift {
 public:
  struct Row {
    std::string label;
    std::uint64_t a = 0, b = 0;
    double share_a = 0, share_b = 0;
    double difference = 0;     ///< share_b - share_a
    double low = 0, high = 0;  ///< 95 % of it; of the same posts the pairs are taken into account
  };

  explicit Drift(std::string what) : what_(std::move(what)) {}
  void Count(std::string_view label, std::uint64_t a, std::uint64_t b);
  void CountBoth(std::string_view label_a, std::string_view label_b, std::uint64_t posts = 1);

  [[nodiscard]] const std::string& what() const { return what_; }
  [[nodiscard]] std::uint64_t total_a() const { return total_a_; }
  [[nodiscard]] std::uint64_t total_b() const { return total_b_; }
  [[nodiscard]] bool paired() const { return !pairs_.empty(); }
  /// By label.
  [[nodiscard]] std::vector<Row> Rows() const;
  /// Jensen-Shannon divergence in bits: 0 (alike) to 1 (nothing in common). Lin, IEEE Trans.
  /// Inf. Theory 37(1), 1991.
  [[nodiscard]] double JensenShannon() const;
  /// Population stability index, half a post added to each label: by custom below 0.1 nothing has
  /// moved, and above 0.25 much has.
  [[nodiscard]] double Psi() const;
  /// Of the same posts: share with the same label twice, and that beyond chance (Cohen's kappa).
  [[nodiscard]] double Agreement() const;
  [[nodiscard]] double Kappa() const;

  /// A table; of the same posts also the matrix, A downwards. `a` and `b`: what the sets are
  /// called. Beyond `most` labels those that moved most.
  [[nodiscard]] std::string Text(std::string_view a, std::string_view b,
                                 std::size_t most = 20) const;
  /// An object with all of it.
  [[nodiscard]] std::string Json() const;

 private:
  std::string what_;
  std::map<std::string, std::array<std::uint64_t, 2>, std::less<>> labels_;
  std::map<std::string, std::map<std::string, std::uint64_t, std::less<>>, std::less<>> pairs_;
  std::uint64_t total_a_ = 0, total_b_ = 0;
};

}  // namespace hb::model
