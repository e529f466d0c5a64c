using System.Globalization;
using System.Text.Json.Nodes;

namespace Osmo.Cli.Output;

/// <summary>What the gateway says of the age of what it tells, as people read it.</summary>
internal static class Age
{
    private const string Field = "age_seconds";

    /// <summary>Whether what is told may not be so any more, because nobody watches.</summary>
    public static bool IsStale(JsonObject told) => (bool?)told["stale"] ?? false;

    /// <summary>How old it is, such as <c>12 s</c>, <c>3 min</c>, <c>5 h</c> or <c>9 d</c>; null where that is not known.</summary>
    public static string? Of(JsonObject told) => (long?)told[Field] is { } seconds ? Words(TimeSpan.FromSeconds(seconds)) : null;

    /// <summary>The same without its age: an age that grows is no change.</summary>
    public static JsonObject Without(JsonObject told)
    {
        var ageless = told.DeepClone().AsObject();
        ageless.Remove(Field);
        return ageless;
    }

    private static string Words(TimeSpan age)
    {
        var (amount, unit) = age switch
        {
            { TotalMinutes: < 2 } => (age.TotalSeconds, "s"),
            { TotalHours: < 2 } => (age.TotalMinutes, "min"),
            { TotalDays: < 2 } => (age.TotalHours, "h"),
            _ => (age.TotalDays, "d"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(amount):N0} {unit}");
    }
}
