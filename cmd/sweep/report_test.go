package main

import (
	"bytes"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// hostile has failures, figures of two kinds, and texts that would be HTML.
const hostile = `# <img src=x onerror=alert(1)>
about: |
  Is a text <script>document.title = "broken"</script> only a text & no "more"?

  </style></code>Is it?
model: probe
replicates: 2
params:
  x: [0.5, 1, 1.5, 2]
  mode: [ok, error, panic]
figures:
  - {kind: line, x: x, y: mean(square), file: squares, title: "<b>Squares</b> & more"}
  - {kind: heatmap, x: x, y: replicate, z: mean(square), file: map}
`

// reported is the page of a run of the spec, in the present folder.
func reported(t *testing.T, spec string, code int) string {
	t.Helper()
	writeSpec(t, ".", "h.yaml", spec)
	if got, _, err := call(t, "run", "h.yaml"); got != code {
		t.Fatalf("%d\n%s", got, err)
	}
	text, err := os.ReadFile("results/h/report.html")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReport: the page says what there is, takes texts as texts, and is the same
// of the same data.
func TestReport(t *testing.T) {
	t.Chdir(t.TempDir())
	page := reported(t, hostile, exitFailed)
	for _, want := range []string{
		"<title>h</title>", "24 of 24 trials", "16 failed</a>", "&lt;script&gt;document.title", "sweep plot results/h --figure squares", "sweep plot results/h --figure map",
		"8 × error: mode error at x = #", "all at mode = error, where the plan has 8 trials", "sweep replay results/h 2", "Calls that led to it",
		`aria-label="&lt;b&gt;Squares&lt;/b&gt; &amp; more"`, `<span class="k">model</span>: probe`, "default-src &#39;none&#39;",
		`<td class="n">0.5</td><td class="n">1.25</td><td class="n">2</td><td class="n">0</td>`, "failed 16, ok 8", "read_parquet(&#34;results/h/trials&#34;)",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, bad := range []string{"<script", "<b>", "<img", "http://", "https://", " style="} {
		text := strings.ReplaceAll(page, "http://www.w3.org/2000/svg", "") // a name, not a place
		if i := strings.Index(text, bad); i >= 0 {
			t.Errorf("%q in %q", bad, text[max(i-60, 0):i+60])
		}
	}
	if code, out, err := call(t, "report", "results/h", "--out", "again.html"); code != 0 || out != "again.html\n" {
		t.Fatalf("%d %s%s", code, out, err)
	}
	if again, err := os.ReadFile("again.html"); err != nil || string(again) != page {
		t.Errorf("the page is another the second time, %v", err)
	}
	if code, _, err := call(t, "report", "nowhere"); code != exitSpec || !strings.Contains(err, "nowhere") {
		t.Errorf("of nothing: %d %s", code, err)
	}
}

// contrast is the smallest contrast of a text with what is behind it, by WCAG's
// formula.
const contrast = `(() => {
  const rgb = c => c.match(/[\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = rgb(c).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; const v = rgb(c); if (v.length < 4 || v[3] > 0) return c; } return "rgb(255, 255, 255)"; };
  let least = 99;
  for (const e of document.querySelectorAll("p, dt, dd, a, h1, h2, h3, td, th, code, span, figcaption, summary")) {
    const a = light(getComputedStyle(e).color), b = light(behind(e));
    least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return least;
})()`

// TestReportInBrowser opens the page as a reader does.
func TestReportInBrowser(t *testing.T) {
	t.Chdir(t.TempDir())
	reported(t, hostile, exitFailed)
	path, err := filepath.Abs("results/h/report.html")
	if err != nil {
		t.Fatal(err)
	}
	b := openPage(t, path)
	if got := b.eval("document.title"); got != "h" {
		t.Errorf("the title is %q: a text has been run", got)
	}
	// Figures are there, and not empty.
	if got := b.eval(`[...document.querySelectorAll("figure svg")].map(s => s.getBoundingClientRect().width > 200 && s.querySelectorAll("path, image").length > 3 && s.getAttribute("aria-label") !== "" && s.closest("figure").querySelector("figcaption").textContent.length > 20).join()`); got != "true,true" {
		t.Errorf("figures: %s", got)
	}
	if got := b.eval(`(ids => ids.length - new Set(ids).size)([...document.querySelectorAll("[id]")].map(e => e.id))`); got != "0" {
		t.Errorf("%s identities stand twice", got)
	}
	// Light and dark differ, and both can be read; 4.5 is WCAG's level AA.
	pictures := make(map[string][]byte)
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		if got, err := strconv.ParseFloat(b.eval(contrast), 64); err != nil || got < 4.5 {
			t.Errorf("%s: contrast %v, %v", scheme, got, err)
		}
		pictures[scheme] = b.screenshot()
		if _, err := png.Decode(bytes.NewReader(pictures[scheme])); err != nil {
			t.Errorf("%s: %v", scheme, err)
		}
	}
	if bytes.Equal(pictures["light"], pictures["dark"]) {
		t.Error("light and dark look the same")
	}
	// All that can be used is reached by the keyboard, the skip link first.
	var reached []string
	for len(reached) < 60 {
		at := b.tab()
		if strings.HasPrefix(at, "body") || len(reached) > 0 && at == reached[0] {
			break
		}
		reached = append(reached, at)
	}
	for i, want := range []string{"a #main", "a #failures", "a #question", "a #figures"} {
		if i >= len(reached) || reached[i] != want {
			t.Fatalf("focus goes along %q, where %q was to be at %d", reached, want, i)
		}
	}
	for _, want := range []string{"a #read", "summary Calls that led to it", "summary Everything that is known of t"} {
		if !slices.ContainsFunc(reached, func(at string) bool { return strings.HasPrefix(at, want[:min(len(want), 30)]) }) {
			t.Errorf("the keyboard does not reach %q, but %q", want, reached)
		}
	}
	// No page is wider than the screen of a telephone.
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": false}, nil)
	if got := b.eval(`document.documentElement.scrollWidth <= 400`); got != "true" {
		t.Errorf("it is %s wide at 400", b.eval(`document.documentElement.scrollWidth`))
	}
	for _, e := range b.events {
		switch e.Method {
		case "Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled":
			t.Errorf("console: %s", e.Params)
		case "Network.requestWillBeSent":
			var p struct{ Request struct{ URL string } }
			if err := json.Unmarshal(e.Params, &p); err != nil || !strings.HasPrefix(p.Request.URL, "file://"+path) && !strings.HasPrefix(p.Request.URL, "data:") && p.Request.URL != "about:blank" {
				t.Errorf("request: %s", e.Params)
			}
		}
	}
}
