// Draws every [data-chart] from the JSON block that it names. Every picture has its table beside it,
// so a page without this script still says everything. With the keyboard on a picture, the arrows
// read its table row by row.
(function () {
  "use strict";
  var printing = false;

  function token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  // what is printed stands on white, whatever the theme of the screen
  var PAPER = { text: "#000", soft: "#333", line: "#999", one: "#1c4e6a", two: "#8f611a", good: "#2a6642",
    bad: "#9c2f1f", ground: "#fff", soft_one: "#e2ecf1" };

  function ink() {
    if (printing) { return Object.assign({ font: getComputedStyle(document.body).fontFamily }, PAPER); }
    return {
      text: token("--hj-ink"), soft: token("--hj-ink-2"), line: token("--hj-line"),
      one: token("--hj-bar"), two: token("--hj-bar-2"), good: token("--hj-good"),
      bad: token("--hj-seal"), ground: token("--hj-sheet"), soft_one: token("--hj-accent-soft"),
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

  // two colours of six hex digits, so much of the first: pale enough to carry the text's colour
  function mixed(one, other, share) {
    function part(colour, at) {
      var hex = colour.length === 4 ? colour.replace(/[0-9a-f]/gi, "$&$&") : colour;
      return parseInt(hex.substr(1 + 2 * at, 2), 16);
    }
    return "rgb(" + [0, 1, 2].map(function (at) {
      return Math.round(part(one, at) * share + part(other, at) * (1 - share));
    }).join(",") + ")";
  }

  // lines of a name that is written around a circle: at spaces, or after so many letters
  function wrapped(name, letters) {
    if (name.indexOf(" ") < 0) { return name.replace(new RegExp("(.{" + letters + "})(?=.)", "g"), "$1\n"); }
    return name.split(" ").reduce(function (lines, word) {
      var last = lines[lines.length - 1];
      if (last && (last + " " + word).length <= letters * 2) { lines[lines.length - 1] = last + " " + word; } else { lines.push(word); }
      return lines;
    }, []).join("\n");
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
    radar: function (spec, c, narrow) {
      function line(values, name, style) {
        return { name: name, value: values, symbol: style.symbol || "none", symbolSize: 6,
          lineStyle: style.line, itemStyle: { color: style.line.color }, areaStyle: style.area };
      }
      var data = spec.group.map(function (one) {
        return line(one.values, one.name, { line: one.middle ? { color: c.two, width: 2 } : { color: c.soft, width: 1, type: "dashed" } });
      });
      data.push(line(spec.own.values, spec.own.name, { symbol: "circle", line: { color: c.one, width: 2.5 }, area: { color: c.one, opacity: 0.12 } }));
      return Object.assign(base(c), {
        legend: { bottom: 0, left: "center", textStyle: { color: c.text, fontSize: 12 }, itemWidth: 18, itemHeight: 8 },
        radar: {
          indicator: spec.names.map(function (name) { return { name: name, max: 100, min: 0 }; }),
          radius: narrow ? "50%" : "64%", center: ["50%", narrow ? "44%" : "47%"], splitNumber: 4,
          axisName: { color: c.text, fontSize: 12, lineHeight: 15, formatter: function (name) { return wrapped(name, narrow ? 4 : 10); } },
          axisLine: { lineStyle: { color: c.line } }, splitLine: { lineStyle: { color: c.line } }, splitArea: { show: false }
        },
        series: [{ type: "radar", silent: true, data: data }]
      });
    },
    trend: function (spec, c, narrow) {
      var ends = spec.moments.map(function (m, n) { return [n, m.low, m.high]; })
        .filter(function (e) { return e[1] !== null && e[2] !== null; });
      var series = [{
        name: spec.own, type: "line", symbol: "circle", symbolSize: 9, z: 3, itemStyle: { color: c.one }, lineStyle: { width: 2, color: c.one },
        data: spec.moments.map(function (m) { return m.at; }),
        label: { show: true, position: "right", distance: 10, color: c.text, backgroundColor: c.ground, padding: [1, 3], fontSize: 12, formatter: function (p) { return spec.moments[p.dataIndex].text; } }
      }, {
        name: spec.interval, type: "custom", data: ends, encode: { x: 0, y: [1, 2] }, itemStyle: { color: c.one },
        renderItem: function (params, api) {
          var top = api.coord([api.value(0), api.value(2)]), foot = api.coord([api.value(0), api.value(1)]), x = top[0];
          function stroke(x1, y1, x2, y2) {
            return { type: "line", shape: { x1: x1, y1: y1, x2: x2, y2: y2 }, style: { stroke: c.one, lineWidth: 2, opacity: 0.6 } };
          }
          return { type: "group", children: [stroke(x, top[1], x, foot[1]), stroke(x - 6, top[1], x + 6, top[1]), stroke(x - 6, foot[1], x + 6, foot[1])] };
        }
      }];
      if (spec.beside) {
        series.push({ name: spec.beside, type: "line", symbol: "rect", symbolSize: 7, itemStyle: { color: c.two },
          lineStyle: { width: 2, type: "dashed", color: c.two }, data: spec.moments.map(function (m) { return m.beside; }) });
      }
      return Object.assign(base(c), {
        grid: { left: 8, right: narrow ? 28 : 56, top: 44, bottom: 8, containLabel: true },
        xAxis: axis(c, { type: "category", data: spec.names, axisLabel: { color: c.text, fontSize: 12, interval: 0, width: narrow ? 74 : 140, overflow: "break" } }),
        yAxis: axis(c, { type: "value", scale: true, splitNumber: 4 }),
        series: series
      });
    },
    boxes: function (spec, c, narrow) {
      return Object.assign(base(c), {
        grid: { left: 16, right: 28, top: 8, bottom: 28, containLabel: true },
        yAxis: axis(c, { type: "category", inverse: true, data: spec.boxes.map(function (b) { return b.name; }),
          axisLabel: { color: c.text, width: narrow ? 104 : 260, overflow: "break", fontSize: 12, interval: 0 } }),
        xAxis: axis(c, { type: "value", scale: true, splitNumber: narrow ? 3 : 6, name: spec.unit, nameLocation: "middle", nameGap: 22 }),
        series: [{
          type: "custom", encode: { x: [1, 2, 3, 4, 5], y: 0 },
          data: spec.boxes.map(function (b, n) { return [n, b.low, b.lower, b.median, b.upper, b.high]; }),
          renderItem: function (params, api) {
            var box = spec.boxes[params.dataIndex], y = api.coord([0, params.dataIndex])[1];
            if (box.median === null) {
              return { type: "text", style: { text: spec.withheld, x: params.coordSys.x + 6, y: y, fill: c.soft, font: "12px " + c.font, textVerticalAlign: "middle" } };
            }
            var at = [1, 2, 3, 4, 5].map(function (k) { return api.coord([api.value(k), 0])[0]; });
            return { type: "group", children: [
              { type: "line", shape: { x1: at[0], y1: y, x2: at[4], y2: y }, style: { stroke: c.soft, lineWidth: 1.5 } },
              { type: "rect", shape: { x: at[1], y: y - 8, width: Math.max(1, at[3] - at[1]), height: 16 }, style: { fill: c.soft_one, stroke: c.one, lineWidth: 1.5 } },
              { type: "line", shape: { x1: at[2], y1: y - 8, x2: at[2], y2: y + 8 }, style: { stroke: c.two, lineWidth: 3 } }
            ] };
          }
        }]
      });
    },
    funnel: function (spec, c, narrow) {
      var most = Math.max.apply(null, spec.stages.map(function (s) { return s.value; })) || 1;
      return Object.assign(base(c), {
        grid: { left: 8, right: 8, top: 8, bottom: 8, containLabel: true },
        yAxis: axis(c, { type: "category", inverse: true, data: spec.stages.map(function (s) { return s.name; }), axisLine: { show: false },
          axisLabel: { color: c.text, width: narrow ? 72 : 120, overflow: "break", fontSize: 12, interval: 0 } }),
        xAxis: axis(c, { type: "value", min: 0, max: most, show: false }),
        series: [
          { type: "bar", stack: "f", silent: true, itemStyle: { color: "transparent" }, barCategoryGap: "18%", data: spec.stages.map(function (s) { return (most - s.value) / 2; }) },
          { type: "bar", stack: "f", silent: true, data: spec.stages.map(function (s) {
            var wide = s.value / most > (narrow ? 0.6 : 0.3);
            return { value: s.value, itemStyle: { color: c.one }, label: { show: true, fontSize: 12, formatter: s.text,
              color: wide ? c.ground : c.text, position: wide ? "inside" : "right" } };
          }) }
        ]
      });
    },
    map: function (spec, c, narrow) {
      echarts.registerMap("hj-areas", { type: "FeatureCollection", features: spec.regions.map(function (r) {
        return { type: "Feature", properties: { name: r.name }, geometry: { type: "MultiPolygon", coordinates: r.shape } };
      }) });
      return Object.assign(base(c), {
        series: [{
          type: "map", map: "hj-areas", silent: true, roam: false, top: 8, bottom: 8, left: 8, right: 8, preserveAspect: "contain", selectedMode: false,
          data: spec.regions.map(function (r) {
            return { name: r.name, itemStyle: r.shade === null ? { areaColor: c.ground, borderType: "dashed" }
              : { areaColor: mixed(c.one, c.ground, 0.06 + 0.11 * r.shade) } };
          }),
          itemStyle: { borderColor: c.soft, borderWidth: 1, areaColor: c.ground },
          emphasis: { itemStyle: { areaColor: c.two }, label: { color: c.text } },
          label: { show: true, color: c.text, fontSize: 12, lineHeight: 16,
            formatter: function (p) { var r = spec.regions[p.dataIndex]; return r ? r.name + "\n" + r.text : p.name; } }
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
          var pale = mixed(c.one, c.ground, 0.3), inks = [[c.two, c.ground], [c.one, c.ground], [pale, c.text], [c.bad, c.ground], [c.good, c.ground]];
          var ink = inks[place % inks.length];
          return { name: one.name, type: "bar", stack: "s", data: one.values, barMaxWidth: 36,
            itemStyle: { color: ink[0], borderColor: c.ground, borderWidth: 1 },
            label: { show: true, color: ink[1], fontSize: 12, formatter: function (p) {
              // a share narrower than its figure: the table says it
              return one.values[p.dataIndex] < (narrow ? 15 : 4) ? "" : one.texts[p.dataIndex]; } } };
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

  // one row of the picture's table, in one line
  function reading(box, row) {
    var heads = document.querySelectorAll("#" + CSS.escape(box.dataset.table) + " thead th");
    return Array.prototype.map.call(row.children, function (cell, n) {
      var text = cell.textContent.trim();
      return n ? heads[n].textContent.trim() + " " + text : text;
    }).join(" · ");
  }

  document.addEventListener("keydown", function (event) {
    var box = event.target.closest && event.target.closest("[data-chart]");
    var move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!box || event.target !== box || !(move || event.key === "Home" || event.key === "End")) { return; }
    var rows = document.querySelectorAll("#" + CSS.escape(box.dataset.table) + " tbody tr");
    if (!rows.length) { return; }
    event.preventDefault();
    var at = box.dataset.at === undefined ? (move > 0 ? -1 : 0) : Number(box.dataset.at);
    at = event.key === "Home" ? 0 : event.key === "End" ? rows.length - 1 : (at + move + rows.length) % rows.length;
    box.dataset.at = at;
    document.getElementById(box.dataset.reading).textContent = reading(box, rows[at]);
    var chart = window.echarts && echarts.getInstanceByDom(box);
    if (chart) {
      chart.dispatchAction({ type: "downplay", seriesIndex: 0 });
      chart.dispatchAction({ type: "highlight", seriesIndex: 0, name: rows[at].children[0].textContent.trim() });
    }
  });

  function drawAll(root) {
    (root || document).querySelectorAll("[data-chart]").forEach(draw);
  }

  document.addEventListener("DOMContentLoaded", function () { drawAll(); });
  document.addEventListener("hj:theme", function () { drawAll(); });
  document.addEventListener("htmx:afterSettle", function (event) { drawAll(event.target.parentNode); });
  var later;
  window.addEventListener("resize", function () { clearTimeout(later); later = setTimeout(drawAll, 150); });
  window.addEventListener("beforeprint", function () { printing = true; drawAll(); });
  window.addEventListener("afterprint", function () { printing = false; drawAll(); });
})();
