using System.Collections.Immutable;
using System.Text.Json;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Gateway.Access;
using Osmo.Gateway.Http;
using Osmo.Grains.Backends;

namespace Osmo.Gateway.Configs;

/// <summary>What changing requests carry beside the change: a description and tags.</summary>
internal static class ChangeEnvelope
{
    /// <summary>Reads the description and tags of a body.</summary>
    /// <exception cref="OsmoException">One of them is of the wrong type or too long.</exception>
    public static Audit ReadAudit(JsonElement body, Caller caller)
    {
        string? description = null;
        if (body.TryGetProperty("description", out var text) && text.ValueKind != JsonValueKind.Null)
        {
            description = text.ValueKind == JsonValueKind.String ? text.GetString() : throw Invalid("description", "must be a string.");
        }

        ImmutableArray<string> tags = [];
        if (body.TryGetProperty("tags", out var list) && list.ValueKind != JsonValueKind.Null)
        {
            tags = list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(tag => tag.ValueKind == JsonValueKind.String)
                ? [.. list.EnumerateArray().Select(tag => tag.GetString()!)]
                : throw Invalid("tags", "must be a list of strings.");
        }

        return Audit(caller, description, tags);
    }

    /// <summary>Who makes a change and why.</summary>
    /// <exception cref="OsmoException">The description or a tag is too long.</exception>
    public static Audit Audit(Caller caller, string? description, ImmutableArray<string> tags)
    {
        if (description?.Length > Limits.DescriptionCharsMax)
        {
            throw Invalid("description", $"has {description.Length} characters, at most {Limits.DescriptionCharsMax} are allowed.");
        }

        if (tags.Length > Limits.TagsMax || tags.Any(tag => tag.Length is 0 or > Limits.TagCharsMax))
        {
            throw Invalid("tags", $"may hold at most {Limits.TagsMax} tags of 1 to {Limits.TagCharsMax} characters.");
        }

        return new Audit(caller.Name, string.IsNullOrEmpty(description) ? null : description, new TextList(tags));
    }

    private static OsmoException Invalid(string field, string message) => OsmoException.InvalidFields([new FieldError(field, message)]);
}
