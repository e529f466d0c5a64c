using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Osmo.Gateway.Agents.Listener;

/// <summary>A frame of an OSMO agent: <c>{"type": ..., "body": {...}, "uuid": "32 hex digits"}</c>.</summary>
internal sealed class ListenerFrame : IDisposable
{
    private const int TypeCharsMax = 64;
    private const int IdCharsMax = 64;

    private static readonly JsonDocumentOptions Bounds = new() { MaxDepth = 16 };

    private readonly JsonDocument _document;

    private ListenerFrame(JsonDocument document, string type, JsonElement body, string? id)
    {
        _document = document;
        Type = type;
        Body = body;
        Id = id;
    }

    /// <summary>The message's type, for example <c>resource</c>.</summary>
    public string Type { get; }

    /// <summary>The message itself; valid until the frame is disposed.</summary>
    public JsonElement Body { get; }

    /// <summary>The message's id (<c>uuid</c>); null if the agent left it out, which it may.</summary>
    public string? Id { get; }

    /// <summary>Reads a frame; false if it has not the shape that every frame has.</summary>
    public static bool TryRead(
        ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out ListenerFrame? frame, [NotNullWhen(false)] out string? problem)
    {
        frame = null;
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(utf8, Bounds);
        }
        catch (JsonException)
        {
            problem = "A frame is no JSON text of at most 16 levels.";
            return false;
        }

        frame = Read(document, out problem);
        if (frame is null)
        {
            document.Dispose();
        }

        return frame is not null;
    }

    public void Dispose() => _document.Dispose();

    private static ListenerFrame? Read(JsonDocument document, out string? problem)
    {
        var root = document.RootElement;
        problem = null;
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("type"u8, out var type) || !TryText(type, TypeCharsMax, out var typeText))
        {
            problem = $"A frame has to be an object with a type of at most {TypeCharsMax} characters.";
            return null;
        }

        string? id = null;
        if (root.TryGetProperty("uuid"u8, out var uuid) && uuid.ValueKind != JsonValueKind.Null && !TryText(uuid, IdCharsMax, out id))
        {
            problem = $"The uuid of a frame has to be a text of at most {IdCharsMax} characters.";
            return null;
        }

        return new ListenerFrame(document, typeText, root.TryGetProperty("body"u8, out var body) ? body : default, id);
    }

    private static bool TryText(JsonElement element, int charsMax, [NotNullWhen(true)] out string? text)
    {
        text = null;
        try
        {
            text = element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: JSON can write it, text cannot hold it.
        }

        return text is { Length: > 0 } && text.Length <= charsMax;
    }
}
