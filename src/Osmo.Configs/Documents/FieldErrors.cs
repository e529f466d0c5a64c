using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Domain.Errors;

namespace Osmo.Configs.Documents;

/// <summary>What is wrong with a document, by path, so that its author learns of everything at once. Values are never repeated: they may
/// be secrets.</summary>
internal sealed class FieldErrors
{
    private const int ErrorsMax = 50;

    private readonly ImmutableArray<FieldError>.Builder _errors = ImmutableArray.CreateBuilder<FieldError>();

    public void Add(string path, string message)
    {
        if (_errors.Count < ErrorsMax)
        {
            _errors.Add(new FieldError(path.Length == 0 ? "configs" : path, message));
        }
    }

    public void WrongKind(string path, JsonNode? value, string wanted) => Add(path, $"must be {wanted}, not {KindOf(value)}.");

    /// <summary>A field that does not exist, with the nearest one that does.</summary>
    public void Unknown(string path, string name, IReadOnlyCollection<string> known)
    {
        var nearest = Spelling.Nearest(name, known);
        var advice = nearest is null ? $"Known here: {string.Join(", ", known)}." : $"Did you mean {nearest}?";
        Add(path, $"is not a known field. {advice}");
    }

    /// <exception cref="OsmoException">Anything is wrong.</exception>
    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
        {
            throw OsmoException.InvalidFields(_errors.ToImmutable());
        }
    }

    public static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string KindOf(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Number => "a number",
        JsonValueKind.String => "a string",
        JsonValueKind.Array => "a list",
        _ => "an object",
    };
}
