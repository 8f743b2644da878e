// Draws the timeline of a participant with ECharts: lanes of bars and points above, the dose of
// steroids and lab values below, all against the same days. What stands where comes from Python
// (reports/timeline/figure.py); a click leads to the form, as do the links of the table.
(() => {
  "use strict";

  const figure = document.querySelector("[data-timeline]");
  if (!figure || !window.echarts) return;
  const given = JSON.parse(document.getElementById(figure.dataset.timeline).textContent);
  const canvas = figure.querySelector("[data-timeline-canvas]");
  const choice = figure.querySelector("[data-timeline-choice]");
  const language = document.documentElement.lang.startsWith("zh") ? "ZH" : "EN";
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const { colour, tone } = window.charts;
  const ROW = 22, DOSE = 80, LABS = 200, GAP = 34, TOP = 26, FOOT = 76;
  const SYMBOLS = ["circle", "rect", "triangle", "diamond"];
  const hasDose = given.steps.length > 0;
  const chosen = () => new Set([...choice.querySelectorAll("input:checked")].map((box) => box.value));

  function dateOf(offset) {
    const day = new Date(`${given.start}T00:00:00Z`);
    day.setUTCDate(day.getUTCDate() + Math.round(offset));
    return day.toISOString().slice(0, 10);
  }
  // There is no study day 0.
  const dayOf = (offset) => (offset >= 0 ? Math.round(offset) + 1 : Math.round(offset));

  function tip(text) {
    const box = document.createElement("div");
    box.className = "chart-tip";
    for (const [place, line] of text.entries()) {
      const row = document.createElement(place ? "div" : "strong");
      row.textContent = line;
      box.append(row);
    }
    return box;
  }

  // A bar with pale ends where the day is not known, and an arrow where it goes on.
  function bar(params, api) {
    const one = given.bars[params.dataIndex];
    const x = one.at.map((day, place) => api.coord([day + (place > 1 ? 1 : 0), one.row])[0]);
    const middle = api.coord([one.at[0], one.row])[1];
    const height = ROW * 0.66, top = middle - height / 2;
    const fill = tone(one.tone);
    const area = params.coordSys;
    const part = (from, to, opacity) => {
      const shape = echarts.graphic.clipRectByRect(
        { x: from, y: top, width: Math.max(to - from, 2), height },
        { x: area.x, y: area.y, width: area.width, height: area.height },
      );
      return shape && { type: "rect", shape, style: { fill, opacity } };
    };
    const solid = part(x[1], Math.max(x[2], x[1] + 2), one.strong ? 0.85 : 0.5);
    const left = Math.max(x[0], area.x), right = Math.min(Math.max(x[3], x[0] + 2), area.x + area.width);
    const children = [
      x[1] > x[0] && part(x[0], x[1], 0.2), solid, x[3] > x[2] && part(x[2], x[3], 0.2),
      one.open && right < area.x + area.width && {
        type: "polygon", style: { fill },
        shape: { points: [[right, top], [right + 6, middle], [right, top + height]] },
      },
      one.strong && right > left && {
        type: "rect", style: { fill: null, stroke: fill, lineWidth: 2 },
        shape: { x: left, y: top, width: right - left, height },
      },
      right - left > 48 && {
        type: "text", silent: true,
        style: {
          text: one.label, x: left + 3, y: middle, verticalAlign: "middle", fill: colour("ink"),
          fontSize: 11, overflow: "truncate", width: Math.max(right - left - 6, 0),
        },
      },
    ];
    return { type: "group", children: children.filter(Boolean) };
  }

  function axes(grids, narrow) {
    const label = { color: colour("ink-soft"), fontSize: 11, hideOverlap: true };
    return grids.map((_, index) => ({
      type: "value", gridIndex: index, min: given.min, max: given.max,
      minInterval: 1, splitNumber: narrow ? 3 : 8,
      axisLabel: {
        ...label, show: index === grids.length - 1, align: "center",
        formatter: (day) => `${given.words.day} ${dayOf(day)}\n${dateOf(day)}`,
      },
      axisTick: { show: false },
      axisLine: { onZero: false, lineStyle: { color: colour("line") } },
      splitLine: { lineStyle: { color: colour("line") } },
      axisPointer: {
        show: true, snap: false, type: "line",
        label: { show: index === grids.length - 1, formatter: ({ value }) => `${dateOf(value)}` },
      },
    }));
  }

  function lines() {
    const on = chosen();
    return given.lines.map((line, index) => ({
      id: line.code, name: line.name, type: "line", xAxisIndex: hasDose ? 2 : 1,
      yAxisIndex: hasDose ? 2 : 1,
      data: on.has(line.code) ? line.points : [], connectNulls: true,
      symbol: SYMBOLS[index % SYMBOLS.length], symbolSize: 7,
      lineStyle: { width: 2, color: colour(`chart-${index + 1}`) },
      itemStyle: { color: colour(`chart-${index + 1}`) },
      endLabel: { show: true, formatter: line.name, color: colour(`chart-${index + 1}`), fontSize: 11 },
      markLine: index ? undefined : {
        symbol: "none", silent: true, animation: false,
        lineStyle: { type: "dashed", color: colour("ink-soft") },
        label: { formatter: "1×ULN", position: "insideStartTop", color: colour("ink-soft"), fontSize: 10 },
        data: [{ yAxis: 1 }],
      },
    }));
  }

  // From step to step; where the dose is uncertain, a pale band up to what it may have been.
  function dose() {
    const low = [], band = [];
    for (const [from, to, least, most] of given.steps) {
      low.push([from, least], [to, least]);
      band.push([from, (most ?? least) - least], [to, (most ?? least) - least]);
    }
    const own = {
      type: "line", xAxisIndex: 1, yAxisIndex: 1, symbol: "none", stack: "dose", lineStyle: { width: 0 },
    };
    return [
      {
        ...own, name: given.words.dose, data: low, lineStyle: { width: 2, color: colour("chart-2") },
        areaStyle: { color: colour("chart-2"), opacity: 0.25 },
      },
      { ...own, name: given.words.dose_up_to, data: band, areaStyle: { color: colour("chart-2"), opacity: 0.12 } },
    ];
  }

  function options() {
    const width = canvas.clientWidth, narrow = width < 560;
    const left = narrow ? 84 : 150, right = narrow ? 34 : 48;
    const rows = Math.max(given.rows.length, 1) * ROW;
    const tops = [TOP, TOP + rows + GAP];
    if (hasDose) tops.push(tops[1] + DOSE + GAP);
    const heights = hasDose ? [rows, DOSE, LABS] : [rows, LABS];
    canvas.style.height = `${tops.at(-1) + LABS + FOOT}px`;
    const grid = tops.map((top, index) => ({ left, right, top, height: heights[index] }));
    const soft = { color: colour("ink-soft"), fontSize: 11 };
    const numbers = (index, name) => ({
      type: "value", gridIndex: index, name, nameLocation: "end", nameGap: 8,
      nameTextStyle: { ...soft, align: "left" }, axisLabel: soft, splitNumber: 3,
      axisLine: { onZero: false, show: false }, axisTick: { show: false },
      splitLine: { lineStyle: { color: colour("line") } },
    });
    return {
      aria: { enabled: true, label: { enabled: true } },
      animation: !calm.matches,
      animationDuration: 300,
      // Nothing is on its way when a page is printed or a window made narrower.
      animationDurationUpdate: 0,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour("ink") },
      grid,
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      xAxis: axes(grid, narrow),
      yAxis: [
        {
          type: "category", gridIndex: 0, inverse: true, data: given.rows.map((_, index) => index),
          axisTick: { show: false }, axisLine: { show: false },
          splitLine: {
            show: true, interval: (index) => Boolean(given.rows[index]), lineStyle: { color: colour("line") },
          },
          axisLabel: {
            color: colour("ink"), fontSize: 11, interval: 0, width: left - 12, overflow: "truncate",
            formatter: (index) => given.rows[index],
          },
        },
        ...(hasDose ? [numbers(1, given.words.dose)] : []),
        numbers(hasDose ? 2 : 1, given.words.limits),
      ],
      dataZoom: [{
        type: "slider", xAxisIndex: grid.map((_, index) => index), filterMode: "none", bottom: 8,
        height: 20, showDataShadow: false, labelFormatter: (day) => dateOf(day), borderColor: colour("line"),
        textStyle: { color: colour("ink-soft"), fontSize: 10 },
      }],
      tooltip: {
        trigger: "item", confine: true, backgroundColor: colour("surface"), borderColor: colour("line"),
        formatter: ({ data, value, seriesName }) => (data.tip
          ? tip(data.tip.split(" · "))
          : tip([seriesName, `${dateOf(value[0])} · ${given.words.day} ${dayOf(value[0])}`, String(value[1])])),
      },
      series: [
        {
          type: "custom", name: "bars", renderItem: bar, clip: true, cursor: "pointer",
          data: given.bars.map((one) => ({ ...one, value: [one.at[0], one.row, one.at[3]] })),
          encode: { x: [0, 2], y: 1 },
          markLine: {
            symbol: "none", silent: true, animation: false,
            lineStyle: { type: "dotted", color: colour("ink-soft") },
            label: { formatter: given.words.today, color: colour("ink-soft"), fontSize: 10 },
            data: [{ xAxis: given.today }],
          },
        },
        {
          type: "scatter", name: "points", cursor: "pointer", symbolSize: 13,
          data: given.dots.map((one) => ({
            ...one, value: [one.x, one.row],
            itemStyle: { color: tone(one.tone), borderColor: colour("surface"), borderWidth: 1 },
          })),
        },
        ...(hasDose ? dose() : []),
        ...lines(),
      ],
    };
  }

  const chart = echarts.init(canvas, null, { renderer: "svg", locale: language });
  function draw() {
    const wanted = options();
    chart.resize();
    chart.setOption(wanted, true);
  }
  chart.on("click", ({ data }) => {
    if (data && data.url) window.location.assign(data.url);
  });
  choice.hidden = false;
  choice.addEventListener("change", () => chart.setOption({ series: lines() }));
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-labelledby", "timeline-title");
  let width = 0;
  new ResizeObserver(() => {
    if (canvas.clientWidth === width) return;
    width = canvas.clientWidth;
    draw();
  }).observe(canvas);
  dark.addEventListener("change", draw);
  window.addEventListener("beforeprint", () => chart.resize());
})();
