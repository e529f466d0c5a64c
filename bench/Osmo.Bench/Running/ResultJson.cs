using System.Runtime.InteropServices;
using System.Text.Json;

namespace Osmo.Bench.Running;

/// <summary>Writes results for programs, with what they need to know about the machine to compare them.</summary>
internal static class ResultJson
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    public static async Task WriteAsync(string path, IReadOnlyList<BenchmarkResult> results)
    {
        await using var file = File.Create(path);
        await using var json = new Utf8JsonWriter(file, Indented);
        json.WriteStartObject();
        json.WriteString("measured_at", TimeProvider.System.GetUtcNow());
        json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
        json.WriteNumber("cores", Environment.ProcessorCount);
        json.WriteStartArray("benchmarks");
        foreach (var result in results)
        {
            Write(json, result);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, BenchmarkResult result)
    {
        json.WriteStartObject();
        json.WriteString("name", result.Name);
        json.WriteString("error", result.Error);
        if (result.OtherCores is { } others)
        {
            json.WriteNumber("other_cores", Math.Round(others, 2));
        }

        json.WriteStartArray("figures");
        foreach (var figure in result.Figures)
        {
            json.WriteStartObject();
            json.WriteString("name", figure.Name);
            json.WriteNumber("value", figure.Value);
            json.WriteString("unit", figure.Unit);
            if (figure.Goal is { } goal)
            {
                json.WriteNumber("goal", goal);
                json.WriteString("goal_kind", figure.Kind == GoalKind.AtLeast ? "at_least" : "at_most");
            }

            json.WriteBoolean("met", figure.IsMet);
            json.WriteString("detail", figure.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
