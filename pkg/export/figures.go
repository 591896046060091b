package export

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/neurosweep/sweep/pkg/experiment"
	"github.com/neurosweep/sweep/pkg/models"
)

// figureHelp is what the cells of figures share.
const figureHelp = `from matplotlib.colors import ListedColormap, LogNorm, TwoSlopeNorm

plt.rcParams.update({"figure.dpi": 120, "font.size": 8, "axes.spines.top": False, "axes.spines.right": False})
ok = df[df.status == "ok"]


def finite(t, values, *needs):
    """Numbers, NaN where they are not finite or a column that they need has no value."""
    values = pd.Series(values, index=t.index).astype(float)
    return values.where(np.isfinite(values) & t[list(needs)].notna().all(axis=1))


def wilson(k, m, z=1.96):
    """Ends of Wilson's interval of 95 % for k of m."""
    middle = (k + z**2 / 2) / (m + z**2)
    half = z / (m + z**2) * np.sqrt(k * (m - k) / m + z**2 / 4)
    return middle - half, middle + half


def sheet(t, panels=None, label="", width=3.4):
    """A figure with a panel for each value, and the panels' trials."""
    parts = [("", t)] if panels is None else [(f"{label} = {value}", part) for value, part in t.groupby(panels)]
    fig, axes = plt.subplots(1, len(parts), figsize=(max(width, 2.3 * len(parts)), 2.6), sharex=True, sharey=True, squeeze=False, layout="constrained")
    for ax, (name, _) in zip(axes.flat, parts):
        ax.set_title(name)
    return fig, [(ax, part) for ax, (_, part) in zip(axes.flat, parts)]


def edges(x):
    """Borders of cells around sorted places."""
    x = np.asarray(x, float)
    middle = (x[1:] + x[:-1]) / 2
    return np.concatenate([[x[0] - (middle[0] - x[0] if len(middle) else 0.5)], middle, [x[-1] + (x[-1] - middle[-1] if len(middle) else 0.5)]])`

// drawing is the code of one figure as it grows.
type drawing struct {
	strings.Builder
	spec   *experiment.Spec
	figure *experiment.Figure
	err    error
}

func (d *drawing) line(format string, args ...any) { fmt.Fprintf(d, format+"\n", args...) }

// column is a column of the trials that are drawn.
func column(name string) string { return "t[" + quote(name) + "]" }

// python is a formula that is a value of each trial.
func (d *drawing) python(f *experiment.Formula) string {
	text, ok := f.Python(column, nil)
	if !ok {
		d.err = fmt.Errorf("the formula %s names columns of another experiment", f.Text)
	}
	return text
}

// number is a formula of each trial as numbers, NaN where there is none.
func (d *drawing) number(f *experiment.Formula) string {
	args := []string{"t", d.python(f)}
	for _, c := range f.Columns() {
		args = append(args, quote(c))
	}
	return "finite(" + strings.Join(args, ", ") + ")"
}

// aggregated writes code that puts what the formula aggregates into columns of t,
// and returns the columns and the expression of the groups g; bands are those
// that go with it.
func (d *drawing) aggregated(f *experiment.Formula) (columns []string, value string, of *experiment.Aggregate) {
	list := f.Aggregates
	if len(list) == 0 {
		a := experiment.Aggregate{Func: "mean", Of: f}
		if f.Kind() == models.FlagKind {
			a.Func = "fraction"
		}
		list = []experiment.Aggregate{a}
	}
	var values []string
	for i := range list {
		a := &list[i]
		name := quote("_" + string(rune('a'+i)))
		number := "pd.Series(1.0, index=t.index)"
		if a.Of != nil {
			number = d.number(a.Of)
		}
		if a.Where != nil {
			number += ".where(" + d.python(a.Where) + ")"
		}
		d.line("t = t.assign(**{%s: %s})", name, number)
		columns = append(columns, name)
		g := "g[" + name + "]"
		switch a.Func {
		case "fraction":
			g += ".mean()"
		case "count":
			g += ".sum()"
		case "se":
			g += ".sem()"
		case "quantile":
			g += ".quantile(" + strconv.FormatFloat(a.Level, 'g', -1, 64) + ")"
		default:
			g += "." + a.Func + "()"
		}
		values = append(values, g)
	}
	if len(f.Aggregates) == 0 {
		return columns, values[0], &list[0]
	}
	value, ok := f.Python(column, values)
	if !ok {
		d.err = fmt.Errorf("the formula %s cannot be written in numpy", f.Text)
	}
	if value == values[0] {
		return columns, value, &list[0]
	}
	return columns, value, nil
}

// label is the text at an axis.
func (d *drawing) label(axis string, f *experiment.Formula) string {
	if text := d.figure.Label[axis]; text != "" {
		return text
	}
	if f == nil {
		return ""
	}
	for _, c := range d.spec.Columns() {
		if c.Name == f.Name() && c.Unit != "" {
			return fmt.Sprintf("%s (%s)", c.Name, c.Unit)
		}
	}
	return f.Text
}

// figureCode is Python that draws the figure.
func figureCode(spec *experiment.Spec, f *experiment.Figure) (string, error) {
	d := &drawing{spec: spec, figure: f}
	d.line("t = ok")
	d.explode()
	if f.Where != nil {
		d.line("t = t[%s]", d.python(f.Where))
	}
	draw := map[string]func(){
		"line": d.curves, "hysteresis": d.curves, "crossing": d.crossing, "extrapolation": d.extrapolation, "heatmap": d.plane, "phases": d.plane, "orbit": d.orbit,
		"histogram": d.histogram, "spectrum": d.spectrum, "raster": d.raster, "escape": d.escape,
	}[f.Kind]
	if draw == nil {
		return "", fmt.Errorf("there is no kind %s", f.Kind)
	}
	draw()
	d.finish()
	return strings.TrimRight(d.String(), "\n"), d.err
}

// explode gives each element of the series that are shown a row.
func (d *drawing) explode() {
	if d.figure.Kind == "escape" {
		return
	}
	var series []string
	f := d.figure
	for _, formula := range append(slices.Concat(f.X, f.Y), f.Z, f.By, f.Panels, f.Where) {
		if formula == nil {
			continue
		}
		for _, c := range d.spec.Columns() {
			if name := quote(c.Name); c.Series && slices.Contains(formula.Columns(), c.Name) && !slices.Contains(series, name) {
				series = append(series, name)
			}
		}
	}
	if len(series) == 0 {
		return
	}
	list := strings.Join(series, ", ")
	d.line("t = t.dropna(subset=[%s]).explode([%s], ignore_index=True)", list, list)
	d.line("t = t.astype({%s})", strings.Join(series, `: float, `)+": float")
}

// sheet begins the panels.
func (d *drawing) sheet() {
	args := "t"
	if d.figure.Panels != nil {
		args += ", " + d.python(d.figure.Panels) + ", " + quote(d.label("panels", d.figure.Panels))
	}
	if d.figure.Width == "page" {
		args += ", width=6.9"
	}
	d.line("fig, panels = sheet(%s)", args)
	d.line("for ax, t in panels:")
}

// finish sets what all kinds share.
func (d *drawing) finish() {
	f := d.figure
	var x, y *experiment.Formula
	if len(f.X) > 0 {
		x = f.X[0]
	}
	if len(f.Y) > 0 {
		y = f.Y[0]
	}
	yLabel := d.label("y", y)
	if y == nil && f.Label["y"] == "" {
		yLabel = "density"
	}
	d.line("for ax, _ in panels:")
	for _, axis := range slices.Sorted(maps.Keys(f.Marks)) {
		for _, at := range f.Marks[axis] {
			d.line("    ax.ax%sline(%v, color=\"0.6\", lw=0.8, zorder=0)", map[string]string{"x": "v", "y": "h"}[axis], at)
		}
	}
	if f.Kind == "extrapolation" && f.Label["x"] == "" && f.Label["y"] == "" {
		d.line("    ax.set(xlabel=%s)", quote(fmt.Sprintf("%s ** -%v", f.By.Text, f.Power)))
		d.line("panels[0][0].set_ylabel(%s)", quote(fmt.Sprintf("%s where %s = %v", f.X[0].Text, f.Y[0].Text, f.Level)))
		d.line("plt.show()")
		return
	}
	set := []string{"xlabel=" + quote(d.label("x", x))}
	for _, axis := range []string{"x", "y"} {
		if slices.Contains(f.Log, axis) {
			set = append(set, axis+`scale="log"`)
		}
		if r, ok := f.Range[axis]; ok {
			set = append(set, fmt.Sprintf("%slim=(%v, %v)", axis, r[0], r[1]))
		}
	}
	d.line("    ax.set(%s)", strings.Join(set, ", "))
	d.line("panels[0][0].set_ylabel(%s)", quote(yLabel))
	d.line("plt.show()")
}

// colors are the norm of what colours show.
func (d *drawing) colors() string {
	f := d.figure
	ends := ""
	if r, ok := f.Range["z"]; ok {
		ends = fmt.Sprintf("vmin=%v, vmax=%v", r[0], r[1])
	}
	switch {
	case slices.Contains(f.Log, "z"):
		return ", norm=LogNorm(" + ends + ")"
	case f.Center != nil:
		return fmt.Sprintf(", cmap=\"RdBu_r\", norm=TwoSlopeNorm(%v%s)", *f.Center, strings.TrimSuffix(", "+ends, ", "))
	case ends != "":
		return ", " + ends
	}
	return ""
}

// curves draws aggregates along x.
func (d *drawing) curves() {
	f := d.figure
	columns, value, of := d.aggregated(f.Y[0])
	by := "_by"
	d.line("t = t.assign(_x=%s)", d.number(f.X[0]))
	switch {
	case f.Kind == "hysteresis" && f.By != nil:
		d.line("t = t.assign(_by=%s.astype(str) + \", \" + t[\"direction\"])", seriesOf(d.python(f.By)))
	case f.Kind == "hysteresis":
		by = "direction"
	case f.By != nil:
		d.line("t = t.assign(_by=%s)", d.python(f.By))
	default:
		d.line("t = t.assign(_by=\"\")")
	}
	band := f.Band
	if band == "" && of != nil {
		band = map[string]string{"mean": "se", "median": "quartiles", "fraction": "wilson"}[of.Func]
	}
	d.sheet()
	d.line("    for i, (name, c) in enumerate(t.groupby(%s)):", quote(by))
	d.line("        g = c.groupby(\"_x\")")
	d.line("        y = %s", value)
	first := "g[" + columns[0] + "]"
	switch band {
	case "se":
		d.line("        error = %s.sem()", first)
		d.line("        ax.fill_between(y.index, y - error, y + error, color=f\"C{i}\", alpha=0.25, lw=0)")
	case "quartiles":
		d.line("        ax.fill_between(y.index, %s.quantile(0.25), %s.quantile(0.75), color=f\"C{i}\", alpha=0.25, lw=0)", first, first)
	case "wilson":
		d.line("        ax.fill_between(y.index, *wilson(%s.sum(), %s.count()), color=f\"C{i}\", alpha=0.25, lw=0)", first, first)
	}
	d.line("        ax.plot(y.index, y, \".-\", ms=3, lw=0.9, color=f\"C{i}\", label=str(name))")
	for _, c := range f.With {
		d.with(c)
	}
	if f.By != nil || f.Kind == "hysteresis" || len(f.With) > 0 {
		d.line("panels[-1][0].legend(title=%s, frameon=False)", quote(d.label("by", f.By)))
	}
}

// crossing draws the curves; their crossing is fitted by the engine.
func (d *drawing) crossing() {
	d.curves()
	d.line("# Where they cross, with its error, is said in the folder's figures/%s.txt.", d.figure.File)
}

// extrapolation draws where curves reach the level, found by interpolation, and
// the line through these places.
func (d *drawing) extrapolation() {
	f := d.figure
	d.line("t = t.assign(_x=%s, _y=%s, _by=%s)", d.number(f.X[0]), d.number(f.Y[0]), d.number(f.By))
	d.sheet()
	d.line("    u, v = [], []")
	d.line("    for size, c in t.groupby(\"_by\"):")
	d.line("        m = c.groupby(\"_x\")[\"_y\"].mean() - %v", f.Level)
	d.line("        i = np.flatnonzero(np.diff(np.sign(m)))")
	d.line("        if len(i):")
	d.line("            (x0, y0), (x1, y1) = list(m.items())[i[0] : i[0] + 2]")
	d.line("            u.append(size ** -%v)", f.Power)
	d.line("            v.append(x0 - y0 * (x1 - x0) / (y1 - y0))")
	d.line("    ax.plot(u, v, \"o\")")
	d.line("    if len(u) > 1:")
	d.line("        b, a = np.polyfit(u, v, 1)")
	d.line("        ax.plot([0, max(u)], [a, a + b * max(u)], color=\"0.5\", label=f\"{a:.4g} at infinite size\")")
	d.line("        ax.legend(frameon=False)")
	d.line("# By interpolation and without weights; the fit with errors is in the folder's figures/%s.txt.", f.File)
}

// seriesOf is an expression as a pandas series, which numpy's functions of
// conditions do not give.
func seriesOf(text string) string { return "pd.Series(" + text + ", index=t.index)" }

// with draws a curve from elsewhere over those of the figure.
func (d *drawing) with(c experiment.Curve) {
	if c.From != "" {
		d.line("    # The curve from %s is of another data set: see folder.parent / %s.", c.From, quote(c.From))
		return
	}
	if len(c.Y.Aggregates) > 0 {
		d.line("    # The curve %s is an aggregate of its own.", c.Y.Text)
		return
	}
	d.line("    o = t")
	x := c.X
	if x == nil {
		x = d.figure.X[0]
	}
	name := func(column string) string { return "o[" + quote(column) + "]" }
	text := func(f *experiment.Formula) string {
		s, ok := f.Python(name, nil)
		if !ok {
			d.err = fmt.Errorf("the formula %s cannot be written in numpy", f.Text)
		}
		return s
	}
	if c.Where != nil {
		d.line("    o = o[%s]", text(c.Where))
	}
	d.line("    y = o.assign(_x=%s, _y=%s).groupby(\"_x\")[\"_y\"].mean()", text(x), text(c.Y))
	label := c.Label
	if label == "" {
		label = c.Y.Text
	}
	d.line("    ax.plot(y.index, y, \"--\", lw=0.9, color=\"0.3\", label=%s)", quote(label))
}

// plane draws an aggregate, or the most frequent class, over a plane.
func (d *drawing) plane() {
	f := d.figure
	var value string
	if f.Kind == "phases" {
		d.line("t = t.assign(_z=%s).dropna(subset=[\"_z\"])", d.python(f.Z))
		d.line("classes = sorted(t[\"_z\"].unique())")
		value = `g["_z"].agg(lambda z: classes.index(z.mode().iloc[0]))`
	} else {
		_, value, _ = d.aggregated(f.Z)
	}
	d.line("t = t.assign(_x=%s, _y=%s)", d.number(f.X[0]), d.number(f.Y[0]))
	d.sheet()
	d.line("    g = t.groupby([\"_y\", \"_x\"])")
	d.line("    z = (%s).unstack(\"_x\")", value)
	if f.Kind == "phases" {
		d.line("    colours = plt.get_cmap(\"tab10\").colors[: len(classes)]")
		d.line("    ax.pcolormesh(edges(z.columns), edges(z.index), z, cmap=ListedColormap(colours), vmin=-0.5, vmax=len(classes) - 0.5)")
		d.line("handles = [plt.Rectangle((0, 0), 1, 1, color=c) for c in colours]")
		d.line("fig.legend(handles, [str(c) for c in classes], loc=\"outside right upper\", frameon=False, title=%s)", quote(d.label("z", f.Z)))
		return
	}
	d.line("    image = ax.pcolormesh(edges(z.columns), edges(z.index), z%s)", d.colors())
	if len(f.Contours) > 0 {
		var levels []string
		for _, c := range f.Contours {
			levels = append(levels, fmt.Sprint(c))
		}
		d.line("    ax.contour(z.columns, z.index, z, levels=sorted([%s]), colors=\"k\", linewidths=0.8)", strings.Join(levels, ", "))
	}
	d.line("fig.colorbar(image, ax=[ax for ax, _ in panels], label=%s)", quote(d.label("z", f.Z)))
}

// orbit draws how densely values lie at each x.
func (d *drawing) orbit() {
	f := d.figure
	d.line("t = t.assign(_x=%s, _y=%s).dropna(subset=[\"_x\", \"_y\"])", d.number(f.X[0]), d.number(f.Y[0]))
	if r, ok := f.Range["y"]; ok {
		d.line("ends = %v, %v", r[0], r[1])
	} else {
		d.line("ends = t[\"_y\"].min(), t[\"_y\"].max()")
	}
	d.line("x = np.sort(t[\"_x\"].unique())")
	d.line("bins = [edges(x) if len(x) <= %d else np.linspace(x[0], x[-1], %d), np.linspace(*ends, %d)]", 2*orbitBins, 2*orbitBins+1, orbitBins+1)
	d.sheet()
	d.line("    density, *_ = np.histogram2d(t[\"_x\"], t[\"_y\"], bins=bins)")
	d.line("    image = ax.pcolormesh(*bins, np.ma.masked_equal(density.T, 0), norm=LogNorm(vmin=0.3), cmap=\"Blues\", rasterized=True)")
	d.line("fig.colorbar(image, ax=[ax for ax, _ in panels], label=\"values\")")
}

// orbitBins is how many bins an orbit diagram has along y, and half of what it
// may have along x: about one a dot at the size that the notebook draws.
const orbitBins = 200

// histogram draws how often values occur.
func (d *drawing) histogram() {
	f := d.figure
	d.line("t = t.assign(_x=%s).dropna(subset=[\"_x\"])", d.number(f.X[0]))
	if f.By != nil {
		d.line("t = t.assign(_by=%s)", d.python(f.By))
	} else {
		d.line("t = t.assign(_by=\"\")")
	}
	d.line("bins = np.histogram_bin_edges(t[\"_x\"], bins=%s)", bins(f))
	d.sheet()
	d.line("    for name, c in t.groupby(\"_by\"):")
	d.line("        ax.hist(c[\"_x\"], bins=bins, density=True, histtype=\"step\", label=str(name))")
	if f.By != nil {
		d.line("panels[-1][0].legend(title=%s, frameon=False)", quote(d.label("by", f.By)))
	}
}

func bins(f *experiment.Figure) string {
	if f.Bins > 0 {
		return strconv.Itoa(f.Bins)
	}
	return `"auto"`
}

// spectrum draws eigenvalues and the edge that a law gives them.
func (d *drawing) spectrum() {
	f := d.figure
	d.line("t = t.assign(_x=%s).dropna(subset=[\"_x\"])", d.number(f.X[0]))
	if len(f.Y) > 0 {
		d.line("t = t.assign(_y=%s)", d.number(f.Y[0]))
	}
	var sizes []string
	if f.Law != nil {
		for i, size := range f.Law.Size {
			name := fmt.Sprintf("_size%d", i)
			d.line("t = t.assign(%s=%s)", name, d.python(size))
			sizes = append(sizes, name)
		}
	}
	d.sheet()
	if len(f.Y) > 0 {
		d.line("    ax.plot(t[\"_x\"], t[\"_y\"], \".\", ms=1.5, mew=0)")
		d.line("    ax.set_aspect(\"equal\")")
	} else {
		d.line("    ax.hist(t[\"_x\"], bins=%s, density=True, histtype=\"step\")", bins(f))
	}
	for _, name := range sizes {
		d.line("    %s, = t[%s].unique()  # one in each panel", name[1:], quote(name))
	}
	switch {
	case f.Law == nil:
	case f.Law.Kind == "semicircle":
		d.line("    r = size0")
		d.line("    x = np.linspace(-r, r, 401)")
		d.line("    ax.plot(x, 2 / (np.pi * r**2) * np.sqrt(r**2 - x**2), lw=0.9, color=\"C3\")")
	default:
		d.line("    angle = np.linspace(0, 2 * np.pi, 401)")
		d.line("    ax.plot(size0 * np.cos(angle), %s * np.sin(angle), lw=0.9, color=\"C3\")", sizes[len(sizes)-1][1:])
	}
}

// raster draws a mark for each event.
func (d *drawing) raster() {
	f := d.figure
	d.line("t = t.assign(_x=%s, _y=%s)", d.number(f.X[0]), d.number(f.Y[0]))
	d.sheet()
	d.line("    ax.plot(t[\"_x\"], t[\"_y\"], \"k|\", ms=2, mew=0.5)")
}

// escape puts an image together of the cells of trials.
func (d *drawing) escape() {
	f := d.figure
	if f.Z.Name() == "" {
		d.err = fmt.Errorf("its colours show a formula of a series, %s", f.Z.Text)
		return
	}
	d.line("t = t.dropna(subset=[%s])", quote(f.Z.Name()))
	d.line("t = t.assign(_left=%s, _right=%s, _low=%s, _high=%s, _z=%s)", d.python(f.X[0]), d.python(f.X[1]), d.python(f.Y[0]), d.python(f.Y[1]), column(f.Z.Name()))
	rows := "1"
	if f.Rows != nil {
		rows = d.python(f.Rows)
	}
	d.line("t = t.assign(_rows=%s)", rows)
	d.sheet()
	d.line("    values = np.concatenate(t[\"_z\"].to_list())")
	norm := "plt.Normalize(values.min(), values.max())"
	if slices.Contains(f.Log, "z") {
		norm = "LogNorm(max(values.min(), 1), values.max())"
	}
	d.line("    norm = %s", norm)
	d.line("    for trial in t.itertuples(index=False):")
	d.line("        left, right, low, high, z, rows = trial[-6:]")
	d.line("        cells = np.asarray(z, float).reshape(int(rows), -1)")
	d.line("        image = ax.pcolormesh(np.linspace(left, right, cells.shape[1] + 1), np.linspace(low, high, len(cells) + 1), cells, norm=norm, rasterized=True)")
	d.line("    ax.set_aspect(\"equal\")")
	d.line("fig.colorbar(image, ax=[ax for ax, _ in panels], label=%s)", quote(d.label("z", f.Z)))
}
