using System.Collections.Immutable;

namespace Osmo.Domain.Errors;

/// <summary>A failure that is the answer to a call: nothing was changed, and the message says what to do next.</summary>
public sealed class OsmoException : Exception
{
    /// <summary>Creates a failure with a message for people.</summary>
    public OsmoException(ErrorCode code, string message)
        : this(code, message, [])
    {
    }

    /// <summary>Creates a failure that names the fields at fault.</summary>
    public OsmoException(ErrorCode code, string message, ImmutableArray<FieldError> fields)
        : base(message)
    {
        Code = code;
        Fields = fields;
    }

    /// <summary>What kind of failure it is.</summary>
    public ErrorCode Code { get; }

    /// <summary>The fields at fault; empty where no single field is.</summary>
    public ImmutableArray<FieldError> Fields { get; }

    /// <summary>The failure of a document with one or more bad fields.</summary>
    public static OsmoException InvalidFields(ImmutableArray<FieldError> fields) =>
        new(ErrorCode.Invalid, string.Join(" ", fields.Select(field => $"{field.Field}: {field.Message}")), fields);
}
