using System.Text.Json;

namespace Osmo.Kubernetes;

/// <summary>A Status object: how the API server says that something failed.</summary>
public sealed record KubernetesStatus
{
    /// <summary>Longest message that is kept; a refused patch can carry the whole object in it.</summary>
    public const int MessageCharsMax = 512;

    /// <summary>HTTP status code the failure stands for; 0 when the Status has none.</summary>
    public int Code { get; init; }

    /// <summary>Expired, NotFound, Conflict ...; empty when the server gave none.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The server's words, cut after <see cref="MessageCharsMax"/> characters.</summary>
    public string Message { get; init; } = "";

    /// <summary><c>details.retryAfterSeconds</c>, when present.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Reasons of <c>details.causes</c>, such as ResourceVersionTooLarge.</summary>
    public IReadOnlyList<string> Causes { get; init; } = [];

    /// <summary>Fields of <c>details.causes</c>, such as metadata.uid.</summary>
    public IReadOnlyList<string> CauseFields { get; init; } = [];

    /// <summary>The resource version asked for has been compacted away (410).</summary>
    public bool IsExpired => Code == 410 || Reason is "Expired" or "Gone";

    /// <summary>The resource version asked for lies in this server's future.</summary>
    public bool IsTooLargeResourceVersion =>
        Causes.Contains("ResourceVersionTooLarge")
        || (Code == 504 && Message.Contains("Too large resource version", StringComparison.Ordinal));

    /// <summary>Reads a Status; null when the bytes are not one.</summary>
    public static KubernetesStatus? TryParse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            Utf8JsonReader reader = new(utf8);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            JsonElement root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object && Text(root, "kind") == "Status" ? Parse(root) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal static string Shorten(string text) =>
        text.Length <= MessageCharsMax ? text : $"{text.AsSpan(0, MessageCharsMax)}... ({text.Length} characters)";

    private static KubernetesStatus Parse(JsonElement root)
    {
        JsonElement details = Member(root, "details", JsonValueKind.Object);
        JsonElement causes = details.ValueKind == JsonValueKind.Object ? Member(details, "causes", JsonValueKind.Array) : default;
        List<string> reasons = [];
        List<string> fields = [];
        if (causes.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement cause in causes.EnumerateArray().Where(cause => cause.ValueKind == JsonValueKind.Object))
            {
                reasons.Add(Text(cause, "reason"));
                fields.Add(Text(cause, "field"));
            }
        }

        int retryAfterSeconds = details.ValueKind == JsonValueKind.Object ? Number(details, "retryAfterSeconds") : 0;
        return new KubernetesStatus
        {
            Code = Number(root, "code"),
            Reason = Text(root, "reason"),
            Message = Shorten(Text(root, "message")),
            RetryAfter = retryAfterSeconds > 0 ? TimeSpan.FromSeconds(retryAfterSeconds) : null,
            Causes = reasons,
            CauseFields = fields,
        };
    }

    private static JsonElement Member(JsonElement parent, string name, JsonValueKind kind) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind ? value : default;

    private static string Text(JsonElement parent, string name) =>
        Member(parent, name, JsonValueKind.String) is { ValueKind: JsonValueKind.String } value ? value.GetString() ?? "" : "";

    private static int Number(JsonElement parent, string name) =>
        Member(parent, name, JsonValueKind.Number) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int number)
            ? number
            : 0;
}
