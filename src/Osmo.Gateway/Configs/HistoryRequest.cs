using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Osmo.Configs;
using Osmo.Configs.Storage;
using Osmo.Domain.Errors;

namespace Osmo.Gateway.Configs;

/// <summary>The query string of a history request, checked.</summary>
/// <param name="Query">Which entries.</param>
/// <param name="OmitData">Whether to leave the documents out.</param>
internal sealed record HistoryRequest(ConfigHistoryQuery Query, bool OmitData)
{
    private const int LimitMax = 1_000;

    private static readonly string[] TimeFormats =
        ["yyyy-MM-dd HH:mm:ss.FFFFFF", "yyyy-MM-dd'T'HH:mm:ss.FFFFFF", "yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd"];

    /// <exception cref="OsmoException">A parameter breaks a rule; every such parameter is named.</exception>
    public static HistoryRequest Parse(IQueryCollection query)
    {
        var errors = ImmutableArray.CreateBuilder<FieldError>();
        var types = Types(query, errors);
        var order = query["order"].ToString();
        if (order is not ("" or "ASC" or "DESC"))
        {
            errors.Add(new FieldError("order", "must be ASC or DESC."));
        }

        var parsed = new ConfigHistoryQuery
        {
            Types = types,
            Offset = (int)Number(query, "offset", 0, int.MaxValue, 0, errors),
            Limit = (int)Number(query, "limit", 1, LimitMax, 20, errors),
            Ascending = order != "DESC",
            Name = query["name"].ToString() is { Length: > 0 } name ? name : null,
            Revision = query.ContainsKey("revision") ? Number(query, "revision", 1, long.MaxValue, 1, errors) : null,
            Tags = [.. query["tags"].Select(tag => tag ?? "")],
            CreatedBefore = Time(query, "created_before", errors),
            CreatedAfter = Time(query, "created_after", errors),
            AtTimestamp = Time(query, "at_timestamp", errors),
        };
        if (parsed.AtTimestamp is not null && (parsed.CreatedBefore is not null || parsed.CreatedAfter is not null))
        {
            errors.Add(new FieldError("at_timestamp", "cannot be combined with created_before or created_after."));
        }

        var omitData = Flag(query, "omit_data", errors);
        return errors.Count == 0
            ? new HistoryRequest(parsed with { OmitDocuments = omitData }, omitData)
            : throw OsmoException.InvalidFields(errors.ToImmutable());
    }

    /// <summary>The type that a request names; upper case in queries and bodies.</summary>
    /// <exception cref="OsmoException">There is no such type.</exception>
    public static ConfigType Type(string? text, string field = "config_type", bool ignoreCase = false) =>
        ConfigTypes.TryParse(text, out var type, ignoreCase)
            ? type
            : throw OsmoException.InvalidFields(
                [new FieldError(field, $"Invalid config type \"{text}\". Use {ConfigTypes.Known}.")]);

    private static ImmutableArray<ConfigType> Types(IQueryCollection query, ImmutableArray<FieldError>.Builder errors)
    {
        var types = ImmutableArray.CreateBuilder<ConfigType>();
        foreach (var text in query["config_types"])
        {
            if (ConfigTypes.TryParse(text, out var type))
            {
                types.Add(type);
            }
            else
            {
                errors.Add(new FieldError(
                    "config_types", $"\"{text}\" is no configuration type. Use {ConfigTypes.Known}, in upper case."));
            }
        }

        return types.Count == 0 ? ConfigTypes.All : [.. types.Distinct()];
    }

    private static long Number(
        IQueryCollection query, string name, long least, long most, long fallback, ImmutableArray<FieldError>.Builder errors)
    {
        var text = query[name].ToString();
        if (text.Length == 0)
        {
            return fallback;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most)
        {
            return number;
        }

        errors.Add(new FieldError(name, $"must be a whole number from {least} to {most}."));
        return fallback;
    }

    private static bool Flag(IQueryCollection query, string name, ImmutableArray<FieldError>.Builder errors)
    {
        switch (query[name].ToString())
        {
            case "" or "False" or "false" or "0":
                return false;
            case "True" or "true" or "1":
                return true;
            default:
                errors.Add(new FieldError(name, "must be True or False."));
                return false;
        }
    }

    private static DateTimeOffset? Time(IQueryCollection query, string name, ImmutableArray<FieldError>.Builder errors)
    {
        var text = query[name].ToString();
        if (text.Length == 0)
        {
            return null;
        }

        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (DateTimeOffset.TryParseExact(text.TrimEnd('Z'), TimeFormats, CultureInfo.InvariantCulture, Utc, out var time))
        {
            return time;
        }

        errors.Add(new FieldError(name, "must be a time in UTC, such as 2026-11-21T18:37:31.961690."));
        return null;
    }
}
