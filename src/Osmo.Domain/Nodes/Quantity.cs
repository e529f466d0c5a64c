using System.Globalization;

namespace Osmo.Domain.Nodes;

/// <summary>
/// An amount as Kubernetes writes it: a number with a binary (<c>Ki</c> to <c>Ei</c>) or decimal (<c>n</c> to <c>E</c>) suffix or an
/// exponent (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).
/// </summary>
public static class Quantity
{
    private const string Binary = "KMGTPE";
    private const string Decimal = "kMGTPE";
    private const string Fractions = "mun";

    /// <summary>The amount in its base unit: bytes, cores, pieces.</summary>
    /// <returns>False where the text is no quantity, or one too large to count with.</returns>
    public static bool TryParse(string? text, out decimal amount)
    {
        amount = 0;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        var (digits, scale) = Split(text);
        if (!decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        try
        {
            amount = number * scale;
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    private static (string Digits, decimal Scale) Split(string text)
    {
        if (text.Length > 2 && text[^1] == 'i' && Binary.IndexOf(text[^2], StringComparison.Ordinal) is >= 0 and var power)
        {
            return (text[..^2], Power(1024, power + 1));
        }

        if (Decimal.IndexOf(text[^1], StringComparison.Ordinal) is >= 0 and var thousands)
        {
            return (text[..^1], Power(1000, thousands + 1));
        }

        return Fractions.IndexOf(text[^1], StringComparison.Ordinal) is >= 0 and var parts
            ? (text[..^1], 1 / Power(1000, parts + 1))
            : (text, 1);
    }

    private static decimal Power(int of, int times)
    {
        decimal result = 1;
        for (; times > 0; times--)
        {
            result *= of;
        }

        return result;
    }
}
