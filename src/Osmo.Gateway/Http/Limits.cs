namespace Osmo.Gateway.Http;

/// <summary>Bounds of what a client may send.</summary>
internal static class Limits
{
    /// <summary>Largest request body, in bytes.</summary>
    public const int BodyBytesMax = 1024 * 1024;

    /// <summary>
    /// Of a body that is too large this much is read and thrown away, in bytes: a client that is cut off while it sends sees a
    /// broken pipe instead of the answer that tells it why.
    /// </summary>
    public const int BodyBytesDrainedMax = 32 * 1024 * 1024;

    /// <summary>Deepest nesting of a JSON body.</summary>
    public const int JsonDepthMax = 32;

    /// <summary>Most characters of a change's description.</summary>
    public const int DescriptionCharsMax = 4_096;

    /// <summary>Most tags of a change.</summary>
    public const int TagsMax = 32;

    /// <summary>Most characters of a tag.</summary>
    public const int TagCharsMax = 128;

    /// <summary>Most characters of a user's name.</summary>
    public const int UsernameCharsMax = 256;
}
