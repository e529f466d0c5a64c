using System.Globalization;

namespace Osmo.Cli.Output;

/// <summary>The gateway's times, which are UTC with or without saying so, as people read them, and back.</summary>
internal static class LocalTime
{
    private const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;

    /// <summary>Such as <c>Nov 21, 2026 18:33 UTC</c>, in the user's zone.</summary>
    public static string Show(string? text, TimeProvider time)
    {
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Utc, out var moment))
        {
            return text ?? "";
        }

        var local = TimeZoneInfo.ConvertTime(moment, time.LocalTimeZone);
        var zone = local.Offset == TimeSpan.Zero ? "UTC" : local.ToString("zzz", CultureInfo.InvariantCulture);
        return $"{local.ToString("MMM dd, yyyy HH:mm", CultureInfo.InvariantCulture)} {zone}";
    }

    /// <summary>A time that somebody typed, in the user's zone where it does not say which, as the gateway reads it.</summary>
    /// <exception cref="CliError">It is no time.</exception>
    public static string ToQuery(string text, string option, TimeProvider time)
    {
        if (!DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var moment))
        {
            throw new CliError($"{option}: \"{text}\" is no time. Write it as 2026-11-21T18:37:31.", ExitCode.Usage);
        }

        var utc = moment.Kind == DateTimeKind.Unspecified ? TimeZoneInfo.ConvertTimeToUtc(moment, time.LocalTimeZone) : moment;
        return utc.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
    }
}
