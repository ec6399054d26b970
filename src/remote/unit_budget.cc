#include "remote/unit_budget.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace hb {

std::int64_t UnitBudget::Month() const {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(clock_.Now()));
  return std::int64_t{static_cast<int>(day.year())} * 12 + static_cast<unsigned>(day.month()) - 1;
}

Status UnitBudget::Load() {
  if (loaded_) return Ok();
  month_ = Month();
  if (!path_.empty()) {
    const Result<std::string> text = ReadFile(path_);
    if (!text.ok() && text.error().code != Code::kNotFound) return text.error();
    if (text.ok()) {
      const char* const end = text.value().data() + text.value().size();
      std::int64_t month = 0;
      std::uint64_t spent = 0;
      const auto first = std::from_chars(text.value().data(), end, month);
      const auto second = first.ptr == end ? first : std::from_chars(first.ptr + 1, end, spent);
      if (first.ec != std::errc() || first.ptr == end || second.ec != std::errc()) {
        return Error{Code::kCorrupt, path_ + ": is not a month and a number of units"};
      }
      if (month == month_) spent_ = spent;
    }
  }
  loaded_ = true;
  return Ok();
}

Status UnitBudget::Save() {
  if (path_.empty()) return Ok();
  return WriteFileAtomic(path_, std::to_string(month_) + " " + std::to_string(spent_) + "\n");
}

Status UnitBudget::Take(std::uint64_t units) {
  const MutexLock lock(mutex_);
  HB_TRY(Load());
  if (const std::int64_t month = Month(); month != month_) {
    month_ = month;
    spent_ = 0;
  }
  if (monthly_ != 0 && units > monthly_ - std::min(spent_, monthly_)) {
    return Error{Code::kExhausted, std::to_string(spent_) + " of this month's " +
                                       std::to_string(monthly_) + " units are spent"};
  }
  spent_ += units;
  const Status saved = Save();
  if (!saved.ok()) spent_ -= units;
  return saved;
}

void UnitBudget::Return(std::uint64_t units) {
  const MutexLock lock(mutex_);
  spent_ -= std::min(units, spent_);
  static_cast<void>(Save());  // else the file says too much, which is the safe side
}

std::uint64_t UnitBudget::spent() const {
  const MutexLock lock(mutex_);
  return spent_;
}

}  // namespace hb
