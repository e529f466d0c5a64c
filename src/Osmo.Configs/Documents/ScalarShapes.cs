using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Osmo.Domain;

namespace Osmo.Configs.Documents;

/// <summary>A text.</summary>
internal class TextShape(int charsMax = TextShape.CharsMax) : Shape
{
    public const int CharsMax = 16_384;

    public override JsonNode? Read(JsonNode? value, string path, FieldErrors errors)
    {
        if (value?.GetValueKind() != JsonValueKind.String)
        {
            errors.WrongKind(path, value, "a string");
            return value?.DeepClone();
        }

        var text = value.GetValue<string>();
        if (text.Length > charsMax)
        {
            errors.Add(path, $"has {text.Length} characters, at most {charsMax} are allowed.");
        }
        else if (text.Contains('\0', StringComparison.Ordinal))
        {
            errors.Add(path, "contains a NUL character; remove it.");
        }
        else if (Problem(text) is { } problem)
        {
            errors.Add(path, problem);
        }

        return value.DeepClone();
    }

    /// <summary>What is wrong with the text; null where nothing is.</summary>
    protected virtual string? Problem(string text) => null;
}

/// <summary>A text of a certain form.</summary>
/// <param name="form">The form.</param>
/// <param name="problem">What to say where it has another one.</param>
internal sealed class PatternShape(Regex form, string problem) : TextShape
{
    protected override string? Problem(string text) => form.IsMatch(text) ? null : problem;
}

/// <summary>One of some texts.</summary>
internal sealed class ChoiceShape(params string[] choices) : TextShape
{
    protected override string? Problem(string text) =>
        choices.Contains(text) ? null : $"must be one of {string.Join(", ", choices)}.";
}

/// <summary>A number.</summary>
/// <param name="least">The least allowed.</param>
/// <param name="isWhole">Whether it must be whole.</param>
internal sealed class NumberShape(double least = 0, bool isWhole = true) : Shape
{
    public override JsonNode? Read(JsonNode? value, string path, FieldErrors errors)
    {
        if (value?.GetValueKind() != JsonValueKind.Number || !value.AsValue().TryGetValue(out double number))
        {
            errors.WrongKind(path, value, isWhole ? "a whole number" : "a number");
            return value?.DeepClone();
        }

        if (number < least)
        {
            errors.Add(path, $"must be {least} or more.");
        }

        if (!isWhole)
        {
            return value.DeepClone();
        }

        // Kept as clients with types of their own read it, whatever way it was written.
        if (WholeNumber.TryParse(value.ToJsonString(), out var whole))
        {
            return JsonNode.Parse(whole.ToString(CultureInfo.InvariantCulture));
        }

        errors.Add(path, "must be a whole number.");
        return value.DeepClone();
    }
}

/// <summary>True or false.</summary>
internal sealed class FlagShape : Shape
{
    public override JsonNode? Read(JsonNode? value, string path, FieldErrors errors)
    {
        if (value?.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False))
        {
            errors.WrongKind(path, value, "true or false");
        }

        return value?.DeepClone();
    }
}

/// <summary>Anything at all.</summary>
internal sealed class AnyShape : Shape
{
    public override JsonNode? Read(JsonNode? value, string path, FieldErrors errors) => value?.DeepClone();
}

/// <summary>One shape for objects, another for the rest.</summary>
internal sealed class ObjectOrShape(Shape forObjects, Shape otherwise) : Shape
{
    public override JsonNode? Read(JsonNode? value, string path, FieldErrors errors) =>
        (value is JsonObject ? forObjects : otherwise).Read(value, path, errors);
}
