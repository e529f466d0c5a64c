using System.Text.RegularExpressions;

namespace Osmo.Configs.Documents;

/// <summary>Shapes that several documents have.</summary>
internal static partial class CommonShapes
{
    public static Shape Text { get; } = new TextShape();

    public static Shape Texts { get; } = new ListShape(Text);

    public static Shape Flag { get; } = new FlagShape();

    public static Shape Count { get; } = new NumberShape();

    public static Shape Seconds { get; } = new NumberShape(isWhole: false);

    /// <summary>A time such as <c>60d</c>, or empty for none.</summary>
    public static Shape Duration { get; } = new PatternShape(
        DurationText(), "must be a number with a unit: ms, s, m, h or d, such as 30m.");

    /// <summary>A version such as <c>1.2.3</c>, or empty for none.</summary>
    public static Shape Version { get; } = new PatternShape(VersionText(), "must be a version such as 1.2.3.");

    /// <summary>Any object: what Kubernetes makes of it is not for this server to say.</summary>
    public static Shape FreeObject { get; } = new MapShape(new AnyShape(), anyName: true);

    /// <summary>Access to a bucket of data; its fields depend on the kind of storage, its <c>access_key</c> is a secret.</summary>
    public static Shape DataCredential { get; } = new MapShape(Text.OrNull(), anyName: true, entriesMax: 32).OrNull();

    /// <summary>A field that is a text, empty where it is left out.</summary>
    public static Field TextField(string name, string text = "") => new(name, Text, $"\"{text}\"");

    public static Field NullableText(string name) => new(name, Text.OrNull(), "null");

    public static Field DurationField(string name, string text) => new(name, Duration, $"\"{text}\"");

    public static Field CountField(string name, long number) => new(name, Count, $"{number}");

    public static Field TextsField(string name) => new(name, Texts, "[]");

    public static Field FlagField(string name) => new(name, Flag, "false");

    [GeneratedRegex(@"^([0-9]{1,9}(ms|us|s|m|h|d))*\z")]
    private static partial Regex DurationText();

    [GeneratedRegex(@"^([0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}(\.[0-9a-zA-Z]{1,64})?)?\z")]
    private static partial Regex VersionText();
}
