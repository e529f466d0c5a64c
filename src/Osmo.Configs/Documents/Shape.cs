using System.Text.Json.Nodes;

namespace Osmo.Configs.Documents;

/// <summary>What a part of a document has to look like.</summary>
internal abstract class Shape
{
    /// <summary>Checks a value.</summary>
    /// <param name="value">The value; null is JSON's null.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="errors">What is wrong is added here.</param>
    /// <returns>A copy of the value with what it leaves out filled in; anything where it is wrong.</returns>
    public abstract JsonNode? Read(JsonNode? value, string path, FieldErrors errors);

    /// <summary>A part that may be null, too.</summary>
    public Shape OrNull() => new NullableShape(this);

    private sealed class NullableShape(Shape shape) : Shape
    {
        public override JsonNode? Read(JsonNode? value, string path, FieldErrors errors) =>
            value is null ? null : shape.Read(value, path, errors);
    }
}
