/* Numbers and times as the page's language writes them. */

export class Format {
  constructor(locale) {
    this.locale = locale === "en" ? "en-GB" : "vi-VN";
    this.formats = new Map();
  }

  number(value, digits = 0, signed = false) {
    const key = `${digits}${signed}`;
    if (!this.formats.has(key)) {
      this.formats.set(
        key,
        new Intl.NumberFormat(this.locale, {
          minimumFractionDigits: digits,
          maximumFractionDigits: digits,
          signDisplay: signed ? "exceptZero" : "negative",
        }),
      );
    }
    return this.formats.get(key).format(value).replace("-", "−");
  }

  percent(share) {
    return `${this.number(share * 100)}%`;
  }

  /** Seconds as m:ss, with tenths where asked: 75.5 -> "1:15,5". */
  clock(seconds, digits = 0) {
    const unit = 10 ** digits;
    const whole = Math.round(seconds * unit);
    const minutes = Math.floor(whole / unit / 60);
    const rest = whole / unit - minutes * 60;
    const text = this.number(rest, digits);
    return `${minutes}:${rest < 10 ? "0" : ""}${text}`;
  }
}
