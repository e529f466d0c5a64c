using System.Globalization;

namespace Osmo.Domain;

/// <summary>
/// Whole numbers in documents. As in JSON Schema a number is whole by its value, however it is written: 30, 30.0 and 3e1 are the same.
/// Every reader of a document asks here, so that JSON, YAML and every route have one rule.
/// </summary>
public static class WholeNumber
{
    /// <summary>Reads a number as JSON writes it.</summary>
    /// <param name="text">The number's text; null is none.</param>
    /// <param name="number">Its value.</param>
    /// <returns>Whether it is a whole number that fits into 64 bits.</returns>
    public static bool TryParse(string? text, out long number)
    {
        // decimal holds every whole number of 64 bits exactly, as double does not.
        var isWhole = decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && decimal.IsInteger(value) && value is >= long.MinValue and <= long.MaxValue;
        number = isWhole ? (long)value : 0;
        return isWhole;
    }
}
