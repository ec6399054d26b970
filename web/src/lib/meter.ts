// What a source that is paid by the post says of its meter, taken from its status line.

export interface Meter {
  today: number; month: number; cost: string;
  /// Of the month's posts that the account may read; null where there is no limit.
  cap: number | null; share: number | null;
  /// The forecast, the rules that bring most, what the network itself counts: as the source says it.
  notes: string[];
}

const kReading = /^([\d,]+) posts read today, ([\d,]+) this month(?: \((\d+) % of ([\d,]+)\))?, at most (\$[\d.,]*\d)/;
const number = (text: string) => Number(text.replaceAll(',', ''));

/// null: there is no meter in it.
export function meterOf(detail: string): Meter | null {
  const parts = detail.split('; ');
  const at = parts.findIndex((part) => kReading.test(part));
  if (at < 0) return null;
  const [, today, month, percent, cap, cost] = kReading.exec(parts[at]!)!;
  return {
    today: number(today!), month: number(month!), cost: cost!, cap: cap ? number(cap) : null, share: percent ? Number(percent) / 100 : null,
    notes: parts.slice(at + 1).filter((part) => /^(about|most by|X counts) /.test(part)),
  };
}
