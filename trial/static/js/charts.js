// Draws every figure[data-chart] with ECharts. The numbers, names and marks come from Python
// (trial/web/charts.py) as JSON; colours, theme, motion and size are decided here.
(() => {
  "use strict";

  const noValue = document.getElementById("app-texts").dataset.noValue;
  const language = document.documentElement.lang.startsWith("zh") ? "ZH" : "EN";
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Map();
  let patterns = localStorage.getItem("chart-patterns") === "on";

  // A custom property as the colour it comes to: light-dark() is resolved by the browser only.
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  function colour(name) {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  }

  const TONES = {
    grey: "grey-ink", blue: "blue-ink", amber: "amber-ink", green: "green-ink", red: "red-ink",
  };
  const tone = (name) => colour(TONES[name] || TONES.grey);
  const SYMBOLS = ["circle", "rect", "triangle", "diamond", "roundRect", "pin", "arrow", "circle"];

  function line(text, css) {
    const row = document.createElement("div");
    row.className = css;
    row.append(...text.map((part) => {
      const cell = document.createElement("span");
      cell.textContent = part;
      return cell;
    }));
    return row;
  }

  function shown(value) {
    return value === null || value === undefined ? noValue : String(value);
  }

  function tip(options, items) {
    const box = document.createElement("div");
    box.className = "chart-tip";
    const heading = document.createElement("strong");
    const first = items[0];
    if (options.kind === "heat") {
      heading.textContent = `${first.value[1]} · ${first.value[0]}`;
      box.append(heading, line([first.seriesName, shown(first.value[2])], "chart-tip-row"));
    } else {
      const at = options.horizontal ? 1 : 0;
      heading.textContent = `${options[at ? "yAxis" : "xAxis"].name} ${first.value[at]}`;
      box.append(heading);
      for (const item of items) {
        box.append(line([item.seriesName, shown(item.value[1 - at])], "chart-tip-row"));
      }
    }
    for (const item of items) {
      if (item.data.note) box.append(line([item.data.note], "chart-tip-note"));
    }
    return box;
  }

  function axis(given, vertical, marked = false) {
    return {
      ...given,
      nameLocation: vertical ? "end" : "middle",
      nameGap: vertical ? (marked ? 26 : 14) : 28,
      nameTextStyle: { color: colour("ink-soft"), align: vertical ? "left" : "center" },
      axisLabel: { color: colour("ink-soft"), hideOverlap: true },
      axisLine: { show: !vertical, lineStyle: { color: colour("line") } },
      axisTick: { show: false },
      splitLine: {
        show: given.type !== "category" && (vertical || given.scale === true),
        lineStyle: { color: colour("line") },
      },
    };
  }

  // Vertical lines stand where the data put them; of names that would overlap only the first is
  // written, and a grey one gives way to a coloured one. All names are in the table.
  function named(marks, width) {
    const lines = marks.filter((mark) => mark.vertical && typeof mark.xAxis === "number");
    const places = lines.map((mark) => mark.xAxis);
    const scale = (width * 0.85) / (Math.max(...places) - Math.min(...places) || 1);
    const room = (a, b) => 8 + 3.8 * (a.name.length + b.name.length);
    const shown = new Set(marks.filter((mark) => !lines.includes(mark)));
    const order = [...lines].sort((a, b) => (a.tone === "grey") - (b.tone === "grey") || a.xAxis - b.xAxis);
    const kept = [];
    for (const mark of order) {
      if (kept.some((one) => Math.abs(one.xAxis - mark.xAxis) * scale < room(one, mark))) continue;
      kept.push(mark);
      shown.add(mark);
    }
    return shown;
  }

  function markLine(given, width) {
    if (!given) return undefined;
    const shown = named(given.data, width);
    return {
      ...given,
      animation: false,
      data: given.data.map((mark) => ({
        ...mark,
        lineStyle: {
          color: tone(mark.tone), type: mark.vertical && mark.tone === "red" ? "solid" : "dashed",
          width: mark.tone === "grey" ? 1 : 1.5,
        },
        label: {
          show: shown.has(mark), formatter: mark.name, color: tone(mark.tone), fontSize: 11,
          position: "end",
        },
      })),
    };
  }

  function datum(given) {
    if (!given.tone) return given;
    return { ...given, symbolSize: 11, itemStyle: { color: tone(given.tone) } };
  }

  function series(given, index, width) {
    const lines = markLine(given.markLine, width);
    const own = { ...given, data: given.data.map(datum), markLine: lines };
    if (given.tone) own.itemStyle = { color: tone(given.tone) };
    if (given.type === "line") {
      Object.assign(own, {
        symbol: SYMBOLS[index % SYMBOLS.length], symbolSize: 7, connectNulls: false,
        lineStyle: { width: 2, type: given.dashed ? "dashed" : "solid" },
        emphasis: { focus: "series" },
      });
    }
    if (given.type === "bar") Object.assign(own, { barMaxWidth: 34 });
    if (given.type === "scatter") {
      Object.assign(own, { symbol: SYMBOLS[index % SYMBOLS.length], symbolSize: 9 });
    }
    if (given.type === "heatmap") {
      Object.assign(own, {
        label: { show: true }, itemStyle: { borderColor: colour("surface"), borderWidth: 2 },
      });
    }
    return own;
  }

  function heat(options) {
    return {
      visualMap: {
        ...options.visualMap, show: false,
        inRange: { color: [colour("grey-tint"), colour("chart-1")] },
      },
      xAxis: { ...axis(options.xAxis, false), splitArea: { show: false } },
      yAxis: axis(options.yAxis, true),
    };
  }

  // Width that the labels of horizontal lines take at the right; Chinese is twice as wide.
  function room(lines) {
    const widths = lines.filter((mark) => !mark.vertical)
      .map(({ name }) => [...name].reduce((sum, sign) => sum + (sign > "\u2e7f" ? 11 : 6), 0));
    return Math.min(120, Math.max(0, ...widths));
  }

  function full(options, title, width) {
    const lines = options.series.flatMap((row) => row.markLine?.data || []);
    const marked = lines.some((mark) => mark.vertical);
    const grouped = ["line", "bar", "stacked"].includes(options.kind);
    return {
      aria: { enabled: true, label: { enabled: true }, decal: { show: patterns && options.kind !== "heat" } },
      title: { show: false, text: title },
      animation: !calm.matches,
      animationDuration: 300,
      color: Array.from({ length: 8 }, (_, i) => colour(`chart-${i + 1}`)),
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour("ink") },
      grid: {
        left: 8, right: 16 + room(lines), bottom: 30, containLabel: true,
        top: (options.yAxis.name ? 32 : 10) + (options.legend.show ? 24 : 0) + (marked ? 14 : 0),
      },
      legend: {
        ...options.legend, top: 0, left: 0, type: width < 420 ? "scroll" : "plain",
        itemWidth: 18, itemHeight: 9, textStyle: { color: colour("ink") },
      },
      tooltip: {
        trigger: grouped ? "axis" : "item", confine: true,
        backgroundColor: colour("surface"), borderColor: colour("line"),
        axisPointer: { type: options.kind === "line" ? "line" : "shadow" },
        formatter: (items) => tip(options, [items].flat()),
      },
      xAxis: axis(options.xAxis, false),
      yAxis: axis(options.yAxis, true, marked),
      ...(options.kind === "heat" ? heat(options) : {}),
      series: options.series.map((one, index) => series(one, index, width)),
    };
  }

  function draw(figure) {
    const canvas = figure.querySelector("[data-chart-canvas]");
    const source = document.getElementById(figure.dataset.chart);
    if (!canvas || !source) return;
    const options = JSON.parse(source.textContent);
    const scale = figure.querySelector("[data-chart-log]");
    if (scale) {
      scale.hidden = false;
      if (scale.getAttribute("aria-pressed") === "true") {
        options.yAxis = { ...options.yAxis, type: "log", logBase: 2 };
      }
    }
    let chart = drawn.get(figure);
    if (!chart) {
      chart = echarts.init(canvas, null, { renderer: "svg", locale: language });
      drawn.set(figure, chart);
      new ResizeObserver(() => chart.resize()).observe(canvas);
    }
    const title = figure.querySelector(".chart-title").textContent;
    chart.setOption(full(options, title, canvas.clientWidth), true);
    canvas.setAttribute("role", "img");
    const button = figure.querySelector("[data-chart-patterns]");
    button.hidden = false;
    button.setAttribute("aria-pressed", String(patterns));
  }

  function drawAll(root = document) {
    for (const [figure, chart] of drawn) {
      if (figure.isConnected) continue;
      chart.dispose();
      drawn.delete(figure);
    }
    for (const figure of root.querySelectorAll("[data-chart]")) draw(figure);
  }

  document.addEventListener("click", (event) => {
    const scale = event.target.closest("[data-chart-log]");
    if (scale) {
      scale.setAttribute("aria-pressed", String(scale.getAttribute("aria-pressed") !== "true"));
      draw(scale.closest("[data-chart]"));
    }
    if (!event.target.closest("[data-chart-patterns]")) return;
    patterns = !patterns;
    localStorage.setItem("chart-patterns", patterns ? "on" : "off");
    drawAll();
  });
  document.addEventListener("htmx:load", (event) => drawAll(event.target.parentNode || document));
  dark.addEventListener("change", () => drawAll());
  calm.addEventListener("change", () => drawAll());
  drawAll();

  window.charts = { draw, drawAll, colour, tone };
})();
