using System.Collections.Immutable;
using System.Text.Json;
using Osmo.Domain.Errors;

namespace Osmo.Domain.Backends;

/// <summary>
/// Reads typed values out of a JSON document and collects what is wrong by path, so that a caller learns of every bad field at
/// once and nothing is applied by half.
/// </summary>
internal sealed class JsonFields
{
    private readonly ImmutableArray<FieldError>.Builder _errors = ImmutableArray.CreateBuilder<FieldError>();

    public void Fail(string path, string message) => _errors.Add(new FieldError(path, message));

    /// <exception cref="OsmoException">Anything was wrong.</exception>
    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
        {
            throw OsmoException.InvalidFields(_errors.ToImmutable());
        }
    }

    public string Text(JsonElement value, string path, string fallback, int charsMax)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            Fail(path, $"must be a string, not {KindOf(value)}.");
            return fallback;
        }

        var text = value.GetString()!;
        if (text.Length > charsMax)
        {
            Fail(path, $"has {text.Length} characters, at most {charsMax} are allowed.");
            return fallback;
        }

        if (text.AsSpan().IndexOf('\0') >= 0)
        {
            Fail(path, "contains a NUL character; remove it.");
            return fallback;
        }

        return text;
    }

    public bool Flag(JsonElement value, string path, bool fallback)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Fail(path, $"must be true or false, not {KindOf(value)}.");
        return fallback;
    }

    public int WholeNumber(JsonElement value, string path, int fallback, int least)
    {
        if (value.ValueKind != JsonValueKind.Number || !Domain.WholeNumber.TryParse(value.GetRawText(), out var number))
        {
            Fail(path, $"must be a whole number, not {KindOf(value)}.");
            return fallback;
        }

        if (number < least || number > int.MaxValue)
        {
            Fail(path, $"is {number}; use {least} or more, up to {int.MaxValue}.");
            return fallback;
        }

        return (int)number;
    }

    /// <summary>A list of strings; null counts as the empty list.</summary>
    public ImmutableArray<string> Strings(JsonElement value, string path, int itemsMax)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Fail(path, $"must be a list of strings, not {KindOf(value)}.");
            return [];
        }

        if (value.GetArrayLength() > itemsMax)
        {
            Fail(path, $"has {value.GetArrayLength()} entries, at most {itemsMax} are allowed.");
            return [];
        }

        var items = ImmutableArray.CreateBuilder<string>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.String)
            {
                items.Add(item.GetString()!);
            }
            else
            {
                Fail($"{path}[{items.Count}]", $"must be a string, not {KindOf(item)}.");
                return [];
            }
        }

        return items.ToImmutable();
    }

    /// <summary>An object whose values are strings, as pairs in its order; null counts as the empty object.</summary>
    public ImmutableArray<(string Name, string Value)> Texts(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Null || !IsObject(value, path))
        {
            return [];
        }

        var items = ImmutableArray.CreateBuilder<(string, string)>();
        foreach (var item in value.EnumerateObject())
        {
            if (item.Value.ValueKind == JsonValueKind.String)
            {
                items.Add((item.Name, item.Value.GetString()!));
            }
            else
            {
                Fail($"{path}.{Shorten(item.Name)}", $"must be a string, not {KindOf(item.Value)}.");
            }
        }

        return items.ToImmutable();
    }

    public bool IsObject(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            return true;
        }

        Fail(path, $"must be an object, not {KindOf(value)}.");
        return false;
    }

    public void Unknown(string path, string known) => Fail(path, $"is not a known field. Known here: {known}.");

    private static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Number => $"the number {Shorten(value.GetRawText())}",
        JsonValueKind.String => $"the string \"{Shorten(value.GetString()!)}\"",
        JsonValueKind.Array => "a list",
        _ => "an object",
    };

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
