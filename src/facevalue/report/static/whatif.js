// The what-if tables: the formulas of facevalue.simulate, on the same draws, in the page.
(() => {
  "use strict";
  const ENDS = [0.025, 0.975];
  const MAX_LOOP = 1000;
  const SMALLEST = 1e-15;
  const LARGE = 20;

  const unpacked = (text, shape) => {
    const raw = atob(text);
    const bytes = Uint8Array.from(raw, (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const wide = shape[2] === 1;
    const n = shape[0] * shape[1] * shape[2];
    const draws = new Float64Array(n);
    for (let i = 0; i < n; i += 1) {
      draws[i] = wide ? view.getFloat64(8 * i, true) : view.getFloat32(4 * i, true);
    }
    return draws;
  };

  const series = (x) => {
    const z = 1 / (x * x);
    return (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z / 1188)))) / x;
  };
  // Stirling's series, after moving the argument up to where it holds to the last digit.
  const logGamma = (x) => {
    let shift = 0;
    let z = x;
    while (z < LARGE) { shift += Math.log(z); z += 1; }
    return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series(z) - shift;
  };
  // logGamma(x + n) − logGamma(x) − n log x, without the loss of large terms.
  const beyond = (x, n) => (x + n - 0.5) * Math.log1p(n / x) - n + series(x + n) - series(x);

  const atLeastOnce = (f, looks, correlation) => {
    if (correlation >= 1) return f;
    if (correlation < SMALLEST) return f >= 1 ? 1 : -Math.expm1(looks * Math.log1p(-f));
    const total = (1 - correlation) / correlation;
    const a = f * total;
    const b = (1 - f) * total;
    if (b <= 0) return 1;
    let none = 0;
    if (looks <= MAX_LOOP) {
      for (let i = 0; i < looks; i += 1) none += Math.log1p(-a / (total + i));
    } else if (b >= LARGE) {
      none = looks * Math.log1p(-f) + beyond(b, looks) - beyond(total, looks);
    } else {
      none = logGamma(b + looks) - logGamma(b) + logGamma(total) - logGamma(total + looks);
    }
    return -Math.expm1(none);
  };

  const queue = (flags, use) => {
    const work = flags * use.minutes / 60;
    const load = work / (use.staff * use.hours);
    const busy = work / use.hours;
    let blocked = 1;
    for (let k = 1; k <= use.staff; k += 1) blocked = busy * blocked / (k + busy * blocked);
    const waits = blocked / (1 - load * (1 - blocked));
    return {
      review_hours: work,
      load,
      wait_minutes: load < 1 ? waits * use.minutes / (use.staff * (1 - load)) : NaN,
      left_over_hours: Math.max(0, work - use.staff * use.hours),
    };
  };

  const quantile = (ordered, q) => {
    const position = q * (ordered.length - 1);
    const below = Math.floor(position);
    const part = position - below;
    const left = ordered[below];
    if (part === 0) return left;
    const right = ordered[below + 1];
    return Number.isFinite(right) ? left + (right - left) * part : right;
  };

  const spread = (draws) => {
    const ordered = Float64Array.from(draws, (x) => (Number.isNaN(x) ? Infinity : x)).sort();
    const told = [0.5, ...ENDS].map((q) => quantile(ordered, q));
    const finite = told.map((x) => (Number.isFinite(x) ? x : null));
    return draws.length === 1
      ? { value: finite[0], low: null, high: null }
      : { value: finite[0], low: finite[1], high: finite[2] };
  };

  // Every quantity on every draw; `rates` are rows by group.
  const ofDraws = (sens, wrong, shares, use) => {
    const n = sens[0].length;
    const found = {};
    const put = (name, d, value) => {
      if (!(name in found)) found[name] = new Float64Array(n);
      found[name][d] = value;
    };
    const looks = use.people_a_day * use.looks_a_day;
    const rate = use.base_rate;
    for (let d = 0; d < n; d += 1) {
      let s = 0; let f = 0; let once = 0; let apart = 0; let alike = 0;
      for (let g = 0; g < shares.length; g += 1) {
        s += shares[g] * sens[g][d];
        f += shares[g] * wrong[g][d];
        once += shares[g] * atLeastOnce(wrong[g][d], use.looks, use.correlation);
        apart += shares[g] * atLeastOnce(wrong[g][d], use.looks, 0);
        alike += shares[g] * wrong[g][d];
      }
      const hits = looks * rate * s;
      const false_ = looks * (1 - rate) * f;
      const flags = hits + false_;
      const missed = looks * rate * (1 - s);
      const quiet = rate * (1 - s) + (1 - rate) * (1 - f);
      const ppv = flags > 0 ? hits / flags : NaN;
      put("flags_a_day", d, flags);
      put("true_flags_a_day", d, hits);
      put("false_flags_a_day", d, false_);
      put("missed_a_day", d, missed);
      put("flagged_share", d, flags / looks);
      put("sensitivity", d, s);
      put("false_flag_rate", d, f);
      put("ppv", d, ppv);
      put("missed_among_unflagged", d, quiet > 0 ? rate * (1 - s) / quiet : NaN);
      put("lift", d, ppv / rate);
      put("random_hits_a_day", d, flags * rate);
      put("flagged_once", d, once);
      put("flagged_once_independent", d, apart);
      put("flagged_once_alike", d, alike);
      put("false_flags_a_person", d, use.looks * f);
      const work = queue(flags, use);
      Object.keys(work).forEach((name) => put(name, d, work[name]));
      put("needed_false_flag_rate", d, s * rate / (1 - rate));
      put("needed_sensitivity", d, f * (1 - rate) / rate);
      if (use.cost_of_false_flag !== null) {
        const miss = use.cost_of_miss === null ? 0 : use.cost_of_miss;
        put("cost_a_day", d, false_ * use.cost_of_false_flag + missed * miss);
      }
    }
    return found;
  };

  const groupsOf = (sens, wrong, shares, use) => shares.map((share, g) => {
    const one = ofDraws([sens[g]], [wrong[g]], [1], use);
    const others = shares.map((s, i) => (i === g ? 0 : s));
    const total = others.reduce((a, b) => a + b, 0);
    const looks = use.people_a_day * use.looks_a_day;
    const burden = Float64Array.from(wrong[g], (f, d) => {
      const rest = others.reduce((sum, s, i) => sum + (s / total) * wrong[i][d], 0);
      return rest > 0 ? f / rest : NaN;
    });
    return {
      false_flag_rate: spread(wrong[g]),
      burden: spread(burden),
      sensitivity: spread(sens[g]),
      ppv: spread(one.ppv),
      false_flags_a_day: spread(Float64Array.from(
        wrong[g], (f) => looks * share * (1 - use.base_rate) * f)),
      flagged_once: spread(one.flagged_once),
    };
  });

  const trimmed = (text) => (text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text);
  const short = (x) => trimmed(Number(x.toPrecision(2)).toFixed(12));
  const about = (x) => {
    if (x >= 10 || x === 0) return Math.round(x).toLocaleString("en-US");
    if (x >= 1) return x.toFixed(1).replace(/\.0$/, "");
    return x < 1e-6 ? "under 0.000001" : short(x);
  };
  const percent = (p) => {
    if (p === 0 || p === 1) return `${p * 100} %`;
    if (p > 0.9999) return "over 99.99 %";
    if (p > 0.99) return `${trimmed((100 - Number(((1 - p) * 100).toPrecision(2))).toFixed(10))} %`;
    if (p >= 0.01) return `${(p * 100).toFixed(1)} %`;
    return p > 1e-11 ? `${short(p * 100)} %` : "under 0.000000001 %";
  };
  const amount = (x, unit) => {
    if (x === null) return "–";
    if (unit === "share") return percent(x);
    if (unit === "minutes" && x > 0 && x < 0.1) return "under 0.1";
    return unit === "ratio" ? `${about(x)}×` : about(x);
  };
  const ranged = (found, unit) => {
    if (found.low === null) return amount(found.value, unit);
    const high = found.high === null ? "no end" : amount(found.high, unit);
    return `${amount(found.value, unit)} (${amount(found.low, unit)} to ${high})`;
  };

  const start = (box) => {
    const data = JSON.parse(box.querySelector(".whatif-data").textContent);
    const { shape, groups } = data.rates;
    const draws = {
      sensitivity: unpacked(data.rates.sensitivity, shape),
      false_flag_rate: unpacked(data.rates.false_flag_rate, shape),
    };
    const form = box.querySelector("form");
    const says = box.querySelector(".whatif-says");
    const cells = [...box.querySelectorAll("td[data-quantity]")];
    let use; let shares; let at;
    const begin = () => {
      use = { ...data.use };
      shares = [...data.rates.shares];
      at = data.rates.at;
    };
    const rows = (kind) => groups.map((_, g) => {
      const from = (at * shape[1] + g) * shape[2];
      return draws[kind].subarray(from, from + shape[2]);
    });
    const show = (cell, found, unit) => {
      cell.textContent = ranged(found, unit);
      cell.dataset.value = JSON.stringify(found);
    };
    const update = () => {
      const total = shares.reduce((a, b) => a + b, 0);
      const mix = shares.map((s) => s / total);
      const [sens, wrong] = [rows("sensitivity"), rows("false_flag_rate")];
      const all = ofDraws(sens, wrong, mix, use);
      const byGroup = groups.length > 1 ? groupsOf(sens, wrong, mix, use) : [];
      cells.forEach((cell) => {
        const name = cell.dataset.quantity;
        const found = "group" in cell.dataset
          ? byGroup[Number(cell.dataset.group)][name] : spread(all[name]);
        show(cell, found, data.units[name]);
      });
      const ppv = spread(all.ppv).value;
      const flags = spread(all.flags_a_day).value;
      const right = Math.round((ppv || 0) * 1000);
      says.textContent = ppv === null
        ? "No flag is raised."
        : `${about(flags)} flags a day; of 1,000 flags, ${right} ${right === 1 ? "is" : "are"} right `
          + `and ${1000 - right} are not.`;
    };
    const words = {
      log: (input, x) => (input.name === "base_rate" ? `${percent(x)} (1 in ${about(1 / x)})` : about(x)),
      place: (input, x) => String(data.rates.thresholds[x]),
      share: (input, x, i) => percent(shares[i] / shares.reduce((a, b) => a + b, 0)),
      plain: (input, x) => (input.name === "correlation" ? x.toFixed(2) : Math.round(x).toLocaleString("en-US")),
    };
    const told = (input, text) => {
      input.setAttribute("aria-valuetext", text);
      form.querySelector(`output[for="${input.id}"]`).textContent = text;
    };
    const changed = (input) => {
      const { scale } = input.dataset;
      const given = Number(input.value);
      if (scale === "share") {
        shares[Number(input.name.slice(6))] = given / 100;
        // All at nothing is no mix of people.
        if (shares.every((s) => s === 0)) shares[Number(input.name.slice(6))] = 0.01;
        form.querySelectorAll('[data-scale="share"]').forEach((one, i) => told(one, words.share(one, 0, i)));
      } else if (scale === "place") {
        at = given;
        told(input, words.place(input, given));
      } else {
        const x = scale === "log" ? 10 ** given : given;
        use[input.name] = x;
        told(input, words[scale](input, x));
      }
    };
    begin();
    const first = [...form.querySelectorAll("input")].map((input) => [input, input.getAttribute("aria-valuetext")]);
    form.addEventListener("input", (event) => { changed(event.target); update(); });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => {
      begin();
      first.forEach(([input, text]) => told(input, text));
      update();
    });
    form.hidden = false;
    says.hidden = false;
    update();
  };

  document.querySelectorAll(".whatif").forEach(start);
})();
