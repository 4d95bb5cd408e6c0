const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const dayMs = 86_400_000;

/**
 * `Sat Nov 21 00:20:32 UTC 2026`, as Java prints a date. Calculated, because a server knows no clock but that of
 * its ports (days to a civil date after Howard Hinnant's algorithm).
 */
export function javaDate(wallMs: number): string {
  const day = Math.floor(wallMs / dayMs);
  const seconds = Math.floor((wallMs - day * dayMs) / 1000);
  const { year, month, dayOfMonth } = civilDate(day);
  const time = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => pad(Math.floor(part)));
  return `${days[(((day + 4) % 7) + 7) % 7]} ${months[month]} ${pad(dayOfMonth)} ${time.join(':')} UTC ${year}`;
}

/** Years begin in March here, so that the leap day is a year's last. */
function civilDate(day: number): { year: number; month: number; dayOfMonth: number } {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = (marchMonth + 2) % 12;
  return {
    year: yearOfEra + era * 400 + (month < 2 ? 1 : 0),
    month,
    dayOfMonth: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
