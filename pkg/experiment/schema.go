package experiment

import (
	"slices"

	"github.com/neurosweep/sweep/pkg/models"
)

// Schema is a JSON Schema (draft 2020-12) of specs of the models, for editors:
// it is made of the same declarations that the reader checks a spec with. What
// a schema cannot say (exact numbers, conditions, lengths of a zip) only the
// reader finds.
func Schema(list []*models.Model) map[string]any {
	defs := map[string]any{
		"number":     map[string]any{"description": "an exact number: 12, -0.5, 1e-3 or 1/3", "type": []string{"number", "string"}},
		"expression": map[string]any{"description": "an expression of parameters and derived values", "type": []string{"string", "number", "boolean"}},
	}
	var names []string
	var perModel []any
	for _, m := range list {
		names = append(names, m.Name)
		m = m.Asking(m.Measures...) // what a spec may ask for is right at first
		defs["measure "+m.Name] = measureSchema(m)
		defs["record "+m.Name] = recordSchema(m)
		defs["params "+m.Name] = paramsSchema(m)
		defs["over "+m.Name] = overSchema(m)
		defs["streams "+m.Name] = streamsSchema(m)
		perModel = append(perModel, map[string]any{
			"if":   object("properties", object("model", object("const", m.Name)), "required", []string{"model"}),
			"then": object("properties", modelSchema(m)),
		})
	}
	properties := object(
		"extends", object("type", "string", "description", "a spec in the same folder or below, which this one is laid over"),
		"defs", object("description", "values with anchors, to be used by their aliases"),
		"name", object("type", "string", "minLength", 1, "maxLength", maxName, "pattern", `^[^-./\\<>:"|?* ]([^/\\<>:"|?*]*[^/\\<>:"|?*. ])?$`, "description", "the name of the result folder"),
		"about", object("type", "string", "minLength", 1, "description", "the question that the experiment asks"),
		"model", object("enum", names, "description", "the model that is run"),
		"seed", object("description", "all random numbers are a function of it", "$ref", "#/$defs/number"),
		"replicates", object("description", "how often each place of the grid is run", "$ref", "#/$defs/number"),
		"order", orderSchema(),
		"measure", object("type", []string{"array", "object"}, "description", "what is asked of the model, with parameters"),
		"record", object("type", []string{"array", "object"}, "description", "the traces that a run keeps"),
		"params", object("type", "object", "description", "parameters and their values"),
		"sample", sampleSchema(object("type", "object")),
		"derive", object("type", "object", "description", "derived values: columns, or parameters", "additionalProperties", object("$ref", "#/$defs/expression")),
		"zip", object("type", "array", "description", "axes that change together", "items", object("oneOf", []any{object("type", "string"), object("type", "array", "items", object("type", "string"))})),
		"where", object("description", "points at which it is false are left out", "oneOf", []any{object("$ref", "#/$defs/expression"), object("type", "array", "items", object("$ref", "#/$defs/expression"))}),
		"carry", object("type", "object", "description", "the axis along which the state is handed on", "properties", object("axis", object("type", "string"), "direction", object("enum", []string{"up", "down", "both"})), "additionalProperties", false),
		"blocks", object("type", "array", "description", "a union of grids", "items", object("type", "object", "propertyNames", object("enum", blockKeys))),
		"streams", object("type", "object", "description", "what each random stream depends on"),
		"figures", figuresSchema(),
		"variants", object("type", "object", "description", "named changes of this file", "additionalProperties", object("type", "object", "propertyNames", object("enum", changeable))),
	)
	return object(
		"$schema", "https://json-schema.org/draft/2020-12/schema",
		"$id", "https://github.com/neurosweep/sweep/spec.schema.json",
		"title", "a spec of sweep",
		"type", "object",
		"properties", properties,
		"additionalProperties", false,
		"anyOf", []any{object("required", []string{"about", "model"}), object("required", []string{"extends"})},
		"allOf", perModel,
		"$defs", defs,
	)
}

// object is a JSON object of names and values in turn.
func object(pairs ...any) map[string]any {
	o := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		o[pairs[i].(string)] = pairs[i+1]
	}
	return o
}

// orderSchema is what may stand under order.
func orderSchema() map[string]any {
	axes := object("type", "array", "minItems", 1, "uniqueItems", true, "items", object("type", "string"), "description", "the axes of which coarser grids have less")
	return object("description", "the order in which trials are handed out; it changes no number", "oneOf", []any{
		object("enum", orderNames),
		object("type", "object", "properties", object("coarse", axes), "required", []string{"coarse"}, "additionalProperties", false),
	})
}

// modelSchema is what depends on the model, at the top and in blocks and
// variants.
func modelSchema(m *models.Model) map[string]any {
	properties := object(
		"measure", object("$ref", "#/$defs/measure "+m.Name),
		"record", object("$ref", "#/$defs/record "+m.Name),
		"params", object("$ref", "#/$defs/params "+m.Name),
		"streams", object("$ref", "#/$defs/streams "+m.Name),
		"sample", object("properties", object("over", object("$ref", "#/$defs/over "+m.Name))),
	)
	inner := object("properties", object("params", properties["params"], "sample", properties["sample"]))
	properties["blocks"] = object("items", inner)
	properties["variants"] = object("additionalProperties", object("properties", object("measure", properties["measure"], "record", properties["record"], "params", properties["params"], "streams", properties["streams"], "sample", properties["sample"], "blocks", properties["blocks"])))
	return properties
}

// measureSchema is what may be asked of the model: a list, or a mapping.
func measureSchema(m *models.Model) any {
	if len(m.Measures) == 0 {
		return false
	}
	properties := make(map[string]any)
	for _, x := range m.Measures {
		mapping := namedSchema(x.Params)
		mapping["description"] = x.Doc
		properties[x.Name] = mapping
	}
	return object("oneOf", []any{
		object("type", "array", "items", object("enum", measureNames(m)), "uniqueItems", true),
		object("type", "object", "properties", properties, "additionalProperties", false),
	})
}

// recordSchema is what may be kept of the model's traces: a list, or a mapping.
func recordSchema(m *models.Model) any {
	if len(m.Traces) == 0 {
		return false
	}
	properties := make(map[string]any)
	for _, tr := range m.Traces {
		every := object("description", "keep every so manyth number", "$ref", "#/$defs/number")
		properties[tr.Name] = object("type", "object", "description", tr.Doc, "properties", object("every", every), "additionalProperties", false)
	}
	return object("oneOf", []any{
		object("type", "array", "items", object("enum", traceNames(m)), "uniqueItems", true),
		object("type", "object", "properties", properties, "additionalProperties", false),
	})
}

func paramsSchema(m *models.Model) map[string]any { return namedSchema(m.Params) }

func namedSchema(params []models.Param) map[string]any {
	properties := make(map[string]any)
	for _, p := range params {
		properties[p.Decl().Name] = valueSchema(p.Decl())
	}
	return object("type", "object", "properties", properties, "additionalProperties", false)
}

// scalarSchema is a single value of the parameter.
func scalarSchema(d *models.ParamDecl) map[string]any {
	switch d.Kind {
	case models.TextKind:
		return object("enum", d.Choices)
	case models.FlagKind:
		return object("type", "boolean")
	}
	return object("$ref", "#/$defs/number")
}

// valueSchema is all that a parameter may be given.
func valueSchema(d *models.ParamDecl) map[string]any {
	scalar := scalarSchema(d)
	list := object("type", "array", "items", scalar, "minItems", 1)
	forms := object("list", list, "value", scalar, "when", object("$ref", "#/$defs/expression"))
	if d.Kind == models.FloatKind || d.Kind == models.IntKind {
		forms["refine"] = object("$ref", "#/$defs/number")
		for _, g := range generators {
			forms[g.name] = object("type", "array", "items", object("$ref", "#/$defs/expression"), "minItems", 3, "maxItems", 3, "description", g.takes)
		}
	}
	text := d.Doc
	if d.Unit != "" {
		text += ", in " + d.Unit
	}
	if bounds := d.Range(); bounds != "" {
		text += ", in " + bounds
	}
	if d.Default.IsSet() {
		text += "; " + d.Default.String() + " if it is not given"
	}
	return object("description", text, "anyOf", []any{scalar, list, object("type", "object", "properties", forms, "additionalProperties", false)})
}

func sampleSchema(o map[string]any) map[string]any {
	o["description"] = "a design: points spread over some parameters"
	o["properties"] = object("design", object("enum", designNames()), "count", object("$ref", "#/$defs/number"), "more", object("$ref", "#/$defs/number"), "over", object("type", "object"))
	o["additionalProperties"] = false
	return o
}

func overSchema(m *models.Model) map[string]any {
	properties := make(map[string]any)
	for _, p := range m.Params {
		d := p.Decl()
		two := object("type", "array", "items", object("$ref", "#/$defs/number"), "minItems", 2, "maxItems", 2)
		laws := object("choice", object("type", "array", "items", scalarSchema(d), "minItems", 1))
		switch d.Kind {
		case models.IntKind:
			laws["integer"] = two
		case models.FloatKind:
			laws["uniform"], laws["log-uniform"], laws["normal"] = two, two, two
		}
		properties[d.Name] = object("type", "object", "properties", laws, "additionalProperties", false, "minProperties", 1, "maxProperties", 1)
	}
	return object("type", "object", "properties", properties, "additionalProperties", false)
}

func streamsSchema(m *models.Model) map[string]any {
	names := paramNames(m)
	slices.Sort(names)
	properties := make(map[string]any)
	for _, s := range m.Streams {
		properties[s.Name] = object("oneOf", []any{object("const", "all"), object("type", "array", "items", object("enum", names))})
	}
	return object("type", "object", "properties", properties, "additionalProperties", false)
}
