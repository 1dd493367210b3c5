// Draws every [data-chart] from the JSON block that it names. Every picture has its table beside it,
// so a page without this script still says everything.
(function () {
  "use strict";

  function token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function ink() {
    return {
      text: token("--hj-ink"), soft: token("--hj-ink-2"), line: token("--hj-line"),
      one: token("--hj-bar"), two: token("--hj-bar-2"), good: token("--hj-good"),
      bad: token("--hj-seal"), ground: token("--hj-sheet"),
      font: getComputedStyle(document.body).fontFamily
    };
  }

  function base(c) {
    return {
      animation: false,
      textStyle: { fontFamily: c.font, color: c.text, fontSize: 12 },
      grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
      legend: { top: 0, left: 0, textStyle: { color: c.text, fontSize: 12 }, itemWidth: 12, itemHeight: 12 }
    };
  }

  function axis(c, more) {
    return Object.assign({
      axisLine: { lineStyle: { color: c.soft } }, axisTick: { show: false },
      axisLabel: { color: c.text, fontSize: 12 }, splitLine: { lineStyle: { color: c.line } },
      nameTextStyle: { color: c.soft, fontSize: 12 }
    }, more);
  }

  var kinds = {
    distribution: function (spec, c, narrow) {
      var marks = spec.marks.map(function (mark) {
        return { xAxis: mark.value, name: mark.name,
          label: { formatter: mark.name + " " + mark.text, color: c.text, fontSize: 12, position: mark.position || "end" } };
      });
      var step = spec.step;
      return Object.assign(base(c), {
        grid: { left: 8, right: 28, top: 44, bottom: 24, containLabel: true },
        xAxis: axis(c, { type: "value", min: spec.from, max: spec.to, interval: narrow ? step * 2 : step, splitLine: { show: false },
          name: spec.unit, nameLocation: "middle", nameGap: 24 }),
        yAxis: axis(c, { type: "value", minInterval: 1, name: spec.counted, nameTextStyle: { color: c.soft, align: "left" } }),
        series: [{
          type: "custom", data: spec.bins, clip: true,
          renderItem: function (params, api) {
            var top = api.coord([api.value(0), api.value(2)]), foot = api.coord([api.value(1), 0]);
            return { type: "rect", shape: { x: top[0] + 1, y: top[1], width: Math.max(1, foot[0] - top[0] - 2), height: foot[1] - top[1] },
              style: { fill: c.one } };
          },
          encode: { x: [0, 1], y: 2 },
          markLine: { symbol: "none", silent: true, data: marks, lineStyle: { color: c.two, type: "solid", width: 2 } }
        }]
      });
    },
    waterfall: function (spec, c, narrow) {
      var lift = [], value = [], at = 0;
      spec.steps.forEach(function (step) {
        var from = step.whole ? 0 : at, to = step.whole ? step.value : at + step.value;
        lift.push(Math.min(from, to));
        var colour = step.whole ? c.text : step.value < 0 ? c.bad : step.tone === "two" ? c.two : c.one;
        value.push({ value: Math.abs(to - from), itemStyle: { color: colour },
          label: { show: true, position: "right", color: c.text, formatter: step.text } });
        at = to;
      });
      return Object.assign(base(c), {
        grid: { left: 8, right: 64, top: 8, bottom: 8, containLabel: true },
        yAxis: axis(c, { type: "category", inverse: true, data: spec.steps.map(function (s) { return s.name; }),
          axisLabel: { color: c.text, width: narrow ? 92 : 220, overflow: "break", fontSize: 12, interval: 0 } }),
        xAxis: axis(c, { type: "value", min: spec.from, scale: true, splitNumber: narrow ? 2 : 5 }),
        series: [
          { type: "bar", stack: "w", silent: true, itemStyle: { color: "transparent" }, data: lift },
          { type: "bar", stack: "w", data: value, barCategoryGap: "30%" }
        ]
      });
    },
    bars: function (spec, c, narrow) {
      return Object.assign(base(c), {
        grid: { left: 8, right: 48, top: 32, bottom: 8, containLabel: true },
        yAxis: axis(c, { type: "category", inverse: true, data: spec.names,
          axisLabel: { color: c.text, width: narrow ? 88 : 180, overflow: "break", fontSize: 12, interval: 0 } }),
        xAxis: axis(c, { type: "value", splitNumber: narrow ? 2 : 5 }),
        series: spec.series.map(function (one, place) {
          return { name: one.name, type: "bar", data: one.values, itemStyle: { color: place ? c.one : c.two },
            label: { show: true, position: "right", color: c.text, fontSize: 12, formatter: function (p) { return one.texts[p.dataIndex]; } } };
        })
      });
    },
    spans: function (spec, c, narrow) {
      return Object.assign(base(c), {
        grid: { left: 8, right: 28, top: 8, bottom: 28, containLabel: true },
        yAxis: axis(c, { type: "category", inverse: true, data: spec.spans.map(function (s) { return s.name; }),
          axisLabel: { color: c.text, width: narrow ? 96 : 240, overflow: "break", fontSize: 12, interval: 0 } }),
        xAxis: axis(c, { type: "value", min: spec.from === undefined ? 1 : spec.from, max: spec.to, minInterval: 1, splitNumber: narrow ? 4 : 8,
          name: spec.unit, nameLocation: "middle", nameGap: 22 }),
        series: [{
          type: "custom", encode: { x: [1, 2, 3], y: 0 },
          data: spec.spans.map(function (s, n) { return [n, s.low, s.at, s.high]; }),
          renderItem: function (params, api) {
            var y = api.coord([0, api.value(0)])[1], from = api.coord([api.value(1), 0])[0],
              to = api.coord([api.value(3), 0])[0], at = api.coord([api.value(2), 0])[0],
              colour = spec.spans[params.dataIndex].strong ? c.bad : c.one;
            return { type: "group", children: [
              { type: "rect", shape: { x: from - 3, y: y - 4, width: to - from + 6, height: 8, r: 4 }, style: { fill: colour, opacity: 0.45 } },
              { type: "circle", shape: { cx: at, cy: y, r: 5 }, style: { fill: colour, stroke: c.ground, lineWidth: 1.5 } }
            ] };
          }
        }]
      });
    },
    shares: function (spec, c, narrow) {
      return Object.assign(base(c), {
        grid: { left: 8, right: 16, top: 32, bottom: 8, containLabel: true },
        yAxis: axis(c, { type: "category", inverse: true, data: spec.names,
          axisLabel: { color: c.text, width: narrow ? 72 : 160, overflow: "break", fontSize: 12 } }),
        xAxis: axis(c, { type: "value", max: 100, splitNumber: narrow ? 2 : 5 }),
        series: spec.series.map(function (one, place) {
          return { name: one.name, type: "bar", stack: "s", data: one.values, barMaxWidth: 36,
            itemStyle: { color: place ? c.one : c.two },
            label: { show: true, color: c.ground, fontSize: 12, formatter: function (p) {
              // a share narrower than its figure: the table says it
              return narrow && one.values[p.dataIndex] < 15 ? "" : one.texts[p.dataIndex]; } } };
        })
      });
    }
  };

  function draw(box) {
    var data = document.getElementById(box.dataset.chart);
    if (!data || !window.echarts) { return; }
    var spec = JSON.parse(data.textContent), narrow = box.clientWidth < 480;
    if (spec.rows) { box.style.height = spec.rows * (narrow ? 34 : 28) + 56 + "px"; }
    var chart = echarts.getInstanceByDom(box) || echarts.init(box, null, { renderer: "canvas" });
    chart.resize();
    chart.setOption(kinds[spec.kind](spec, ink(), narrow), true);
  }

  function drawAll(root) {
    (root || document).querySelectorAll("[data-chart]").forEach(draw);
  }

  document.addEventListener("DOMContentLoaded", function () { drawAll(); });
  document.addEventListener("hj:theme", function () { drawAll(); });
  document.addEventListener("htmx:afterSettle", function (event) { drawAll(event.target.parentNode); });
  var later;
  window.addEventListener("resize", function () { clearTimeout(later); later = setTimeout(drawAll, 150); });
  window.addEventListener("beforeprint", function () { drawAll(); });
})();
