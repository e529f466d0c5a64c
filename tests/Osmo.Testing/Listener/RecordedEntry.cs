using System.Text.Json.Nodes;

namespace Osmo.Testing.Listener;

/// <summary>A line of a recording.</summary>
/// <param name="Line">All of it.</param>
internal sealed record RecordedEntry(JsonNode Line)
{
    public string Kind => (string)Line["kind"]!;

    /// <summary>The number of the connection.</summary>
    public int Connection => (int)Line["conn"]!;

    public string Path => (string)Line["path"]!;

    public string Text => (string)Line["text"]!;

    public bool IsFromClient => Kind == "ws" && (string?)Line["dir"] == "client->server";

    /// <summary>What the server sent, also where the recorder kept it from the client.</summary>
    public bool IsFromServer => Kind == "ws-held" || (Kind == "ws" && (string?)Line["dir"] == "server->client");

    public bool IsPush => IsFromServer && Text.Contains("\"node_conditions\"", StringComparison.Ordinal);

    public bool IsPost => Kind == "http" && (string?)Line["method"] == "POST";

    public override string ToString() => $"{Line["seq"]} {Kind} {Line["conn"]} {Line["path"]} {Line["text"]}";

    /// <summary>
    /// A recording's lines in order; a change of the configuration, which is written down when it is answered, is put before the push
    /// that it causes.
    /// </summary>
    public static IReadOnlyList<RecordedEntry> Of(string file)
    {
        var path = SharedMaterial.PathOf("protocol", "samples", file);
        var entries = File.ReadLines(path).Select(line => new RecordedEntry(JsonNode.Parse(line)!)).ToList();
        for (var i = 1; i < entries.Count; i++)
        {
            if (entries[i].IsPost && entries[i - 1].IsPush)
            {
                (entries[i - 1], entries[i]) = (entries[i], entries[i - 1]);
            }
        }

        return entries;
    }
}
