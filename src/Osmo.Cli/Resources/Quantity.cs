using System.Globalization;

namespace Osmo.Cli.Resources;

/// <summary>Kubernetes' quantities, as far as cpu, gpu, memory and storage need them.</summary>
internal static class Quantity
{
    private const decimal Gibi = 1024m * 1024 * 1024;

    private static readonly (string Suffix, decimal Factor)[] Suffixes =
    [
        ("Ki", 1024m), ("Mi", 1024m * 1024), ("Gi", Gibi), ("Ti", Gibi * 1024), ("Pi", Gibi * 1024 * 1024),
        ("m", 0.001m), ("k", 1e3m), ("M", 1e6m), ("G", 1e9m), ("T", 1e12m), ("P", 1e15m),
    ];

    /// <summary>The value in its base unit; null where it is no quantity.</summary>
    public static decimal? Parse(string? text)
    {
        var (number, factor) = (text ?? "", 1m);
        foreach (var (suffix, value) in Suffixes)
        {
            if (number.EndsWith(suffix, StringComparison.Ordinal))
            {
                (number, factor) = (number[..^suffix.Length], value);
                break;
            }
        }

        return decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed)
            && Math.Abs(parsed) < decimal.MaxValue / factor / 2
            ? parsed * factor
            : null;
    }

    /// <summary>In Gi where bytes are asked for; a plain number is Gi already, for the gateway's own fields carry no unit.</summary>
    public static decimal? InGibi(string? text)
    {
        var plain = decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var gibi);
        return plain ? gibi : Parse(text) / Gibi;
    }
}
