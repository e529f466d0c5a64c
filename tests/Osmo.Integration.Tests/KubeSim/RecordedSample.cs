using System.Text.Json.Nodes;
using Osmo.Testing;

namespace Osmo.Integration.Tests.KubeSim;

/// <summary>What a real API server sent: the body, and where recorded the status line and headers.</summary>
internal sealed record RecordedSample(string Body, int? StatusCode, IReadOnlyDictionary<string, string> Headers)
{
    public IReadOnlyList<JsonObject> Lines =>
        [.. Body.Split('\n').Where(l => l.StartsWith('{')).Select(l => JsonNode.Parse(l)!.AsObject())];

    public JsonObject Json => JsonNode.Parse(Body)!.AsObject();

    public static RecordedSample Load(string file)
    {
        var body = File.ReadAllText(SharedMaterial.PathOf("kube-wire", file));
        var probes = SharedMaterial.PathOf("kube-wire", "probe");
        var head = Path.Combine(probes, Path.GetFileNameWithoutExtension(file) + ".hdr");
        if (!File.Exists(head))
        {
            return new RecordedSample(body, null, new Dictionary<string, string>());
        }

        var lines = File.ReadAllLines(head);
        var headers = lines.Skip(1).Select(l => l.Split(": ", 2)).Where(p => p.Length == 2)
            .ToDictionary(p => p[0], p => p[1], StringComparer.OrdinalIgnoreCase);
        return new RecordedSample(body, int.Parse(lines[0].Split(' ')[1]), headers);
    }
}
