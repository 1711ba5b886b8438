// Answers the sliders of a page from the simulated campaigns that the page holds.
// The same steps as campaign/what_if.py and campaign/decision.py; tests/report/test_what_if_script.py compares them.
"use strict";

const BATCHES = 16; // as campaign/risk/batches.py

function unpacked(packed, n) {
  if (typeof packed === "number") return new Float64Array(n).fill(packed);
  const bytes = new DataView(Uint8Array.from(atob(packed.codes), each => each.charCodeAt(0)).buffer);
  return Float64Array.from({ length: n }, (_, at) => Math.expm1(bytes.getUint16(2 * at, true) * packed.step));
}

function campaigns(data) {
  const options = {};
  for (const [name, { gross, cost, worth }] of Object.entries(data.options))
    options[name] = { gross: unpacked(gross, data.n), cost: unpacked(cost, data.n), worth };
  return { ...data, options, deducted: unpacked(data.deducted, data.n) };
}

// What each option in reach comes to: figures, and its profit in each campaign.
function played(held, moved) {
  const level = moved.sales * moved.order_value, found = {};
  for (const [name, { gross, cost, worth }] of Object.entries(held.options)) {
    const macro = name === "macro";
    if (macro && held.whole && held.asked * moved.quote > held.budget) continue;
    const profit = new Float64Array(held.n), most = -held.share * held.budget;
    let spent = 0, brought = 0, earned = 0, losses = 0, large = 0, sum = 0;
    for (let at = 0; at < held.n; at++) {
      let paid = cost[at], margin = gross[at];
      if (macro) {
        paid *= moved.quote;
        const size = held.whole ? Math.min(held.budget / paid, 1) : 1 / moved.quote;
        paid *= size;
        margin *= size;
      }
      const brings = margin * level * (moved.margin - held.deducted[at]), won = brings - paid;
      profit[at] = won;
      spent += paid;
      brought += margin;
      earned += brings;
      sum += won;
      if (won < 0) losses++;
      if (won < most) large++;
    }
    const orders = moved.sales * brought / worth;
    found[name] = { profit, p_loss: losses / held.n, p_large: large / held.n, profit_mean: sum / held.n,
      profit_p50: median(profit), cost_per_order: spent / orders, earned_per_order: earned / orders };
  }
  const nano = found[held.nano], macro = found.macro;
  if (macro) {
    let ahead = 0;
    for (let at = 0; at < held.n; at++)
      ahead += nano.profit[at] > macro.profit[at] ? 1 : nano.profit[at] === macro.profit[at] ? 0.5 : 0;
    nano.p_ahead = ahead / held.n;
    macro.p_ahead = 1 - nano.p_ahead;
  }
  return found;
}

function median(values) {
  const ordered = values.slice().sort(), half = ordered.length >> 1;
  return ordered.length % 2 ? ordered[half] : (ordered[half - 1] + ordered[half]) / 2;
}

// The page may hold a part of the report's campaigns: what they move by is added to the report's own figures.
function anchored(own, before, now) {
  const found = {};
  for (const name of Object.keys(now)) {
    found[name] = { ...now[name] };
    for (const [figure, value] of Object.entries(own[name])) {
      const at = value + (now[name][figure] - before[name][figure]);
      found[name][figure] = figure.startsWith("p_") ? Math.min(Math.max(at, 0), 1) : at;
    }
  }
  return found;
}

// What to buy: the best on average among the options whose large losses are rare enough, or nothing.
function decided(held, found) {
  const names = ["nothing", held.nano, "macro"].filter(name => name === "nothing" || found[name]);
  const mean = name => name === "nothing" ? 0 : found[name].profit_mean;
  const earning = names.slice().sort((a, b) => mean(b) - mean(a));
  const bearable = earning.filter(name => name === "nothing" || found[name].p_large <= held.chance);
  const choice = bearable[0], best = earning[0];
  let reason = choice === best ? "pays" : "safer";
  if (choice === "nothing") reason = best === "nothing" ? "loses" : "too risky";
  const clear = bearable.slice(1).every(name =>
    mean(choice) - mean(name) - held.sure * error(held, found, choice, name) >= 0);
  return { choice, reason, clear, out_of_reach: !found.macro };
}

// The simulation's error of a mean gain: between the batches, as campaign/risk/batches.py.
function error(held, found, one, other) {
  const total = new Float64Array(BATCHES), sizes = new Float64Array(BATCHES);
  let sum = 0;
  for (let at = 0; at < held.n; at++) {
    const gain = (one === "nothing" ? 0 : found[one].profit[at]) - (other === "nothing" ? 0 : found[other].profit[at]);
    total[at % BATCHES] += gain;
    sizes[at % BATCHES]++;
    sum += gain;
  }
  let squares = 0;
  for (let batch = 0; batch < BATCHES; batch++)
    squares += ((total[batch] - sizes[batch] * sum / held.n) / held.n) ** 2;
  return held.widening * Math.sqrt(BATCHES / (BATCHES - 1) * squares);
}

// Numbers as core/formatting.py and data/labels.csv write them.
const plain = new Intl.NumberFormat("en-US", { maximumFractionDigits: 20 });
function two(value) {
  return Number.isFinite(value) ? plain.format(Number(value.toPrecision(2))).replace("-", "−") : "–";
}
const formats = {
  two,
  of_100: share => Number.isNaN(share) ? "–" : share < 0.005 ? "under 1"
    : share >= 0.995 ? "over 99" : `${Math.floor(100 * share + 0.5)}`,
  percent: share => `${two(100 * share)}%`,
};

function live(place) {
  const data = JSON.parse(place.dataset.campaigns), held = campaigns(data);
  const sliders = [...place.querySelectorAll("input[type=range]")];
  const untouched = { sales: 1, order_value: 1, margin: 1, quote: 1 }, before = played(held, untouched);
  const verdict = place.querySelector(".verdict"), said = place.querySelector("[role=status]");
  let waiting = 0;
  function answer() {
    const moved = { ...untouched };
    for (const slider of sliders) {
      moved[slider.name] = Math.exp(slider.value / 100);
      const { start, format, words } = data.sliders[slider.name];
      const text = words.replace("{}", formats[format](start * moved[slider.name]));
      slider.setAttribute("aria-valuetext", text);
      slider.nextElementSibling.textContent = text;
    }
    const found = anchored(data.own, before, played(held, moved)), made = decided(held, found);
    for (const cell of place.querySelectorAll("td[data-option]")) {
      const { option, figure, format } = cell.dataset;
      cell.textContent = found[option] ? formats[format](found[option][figure]) : "–";
    }
    verdict.textContent = data.titles[[made.choice, made.reason, made.clear, made.out_of_reach].join("|")];
    clearTimeout(waiting); // a screen reader hears where a slider came to rest, not every step of the way
    waiting = setTimeout(() => {
      const losses = [data.nano, "macro"].filter(name => found[name])
        .map(name => `${data.names[name]} loses money in ${formats.of_100(found[name].p_loss)}`);
      said.textContent = `${verdict.textContent}. Of 100 simulated campaigns, ${losses.join(", ")}.`;
    }, 400);
  }
  for (const slider of sliders) slider.addEventListener("input", answer);
  place.querySelector("button").addEventListener("click", () => {
    for (const slider of sliders) slider.value = 0;
    answer();
  });
  answer();
  said.textContent = "";
  clearTimeout(waiting);
  place.hidden = false;
}

document.querySelectorAll(".what-if").forEach(live);
