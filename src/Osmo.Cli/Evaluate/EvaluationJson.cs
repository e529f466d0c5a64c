using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Osmo.Domain.Availability;

namespace Osmo.Cli.Evaluate;

/// <summary>The verdicts as JSON: a list of objects, each with name, available, reasons and notes.</summary>
internal static class EvaluationJson
{
    // Quotes and angle brackets in a sentence stay readable; the output is no HTML.
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(IReadOnlyList<EvaluatedNode> nodes, TextWriter output)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Indented))
        {
            json.WriteStartArray();
            foreach (var node in nodes)
            {
                WriteNode(json, node);
            }

            json.WriteEndArray();
        }

        output.WriteLine(Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
    }

    private static void WriteNode(Utf8JsonWriter json, EvaluatedNode node)
    {
        json.WriteStartObject();
        json.WriteString("name", node.Name);
        json.WriteBoolean("available", node.Verdict.Available);
        json.WriteStartArray("reasons");
        foreach (var reason in node.Verdict.Reasons)
        {
            WriteReason(json, reason);
        }

        json.WriteEndArray();
        json.WriteStartArray("notes");
        foreach (var note in node.Verdict.Notes)
        {
            json.WriteStringValue(note);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteReason(Utf8JsonWriter json, NodeReason reason)
    {
        json.WriteStartObject();
        json.WriteString("kind", reason.Kind == NodeReasonKind.Cordoned ? "cordoned" : "condition");
        if (reason.Kind == NodeReasonKind.Condition)
        {
            json.WriteString("condition", reason.Condition);
            json.WriteString("status", reason.Status);
            json.WriteString("required", reason.Required);
            json.WriteString("source", reason.Source switch
            {
                RuleSource.ReadyDefault => "default",
                RuleSource.AdditionalEntry => "additional_node_conditions",
                RuleSource.RefusingRules => "rules",
                _ => "none",
            });
            json.WriteString("entry", reason.Entry);
        }

        json.WriteString("message", reason.Sentence);
        json.WriteEndObject();
    }
}
