using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Osmo.Gateway.Http;

/// <summary>Refuses bodies that announce themselves as too large, after letting the client finish within reason.</summary>
internal sealed class BodyLimit(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Request.ContentLength is not > Limits.BodyBytesMax)
        {
            await next(context);
            return;
        }

        if (context.Request.ContentLength <= Limits.BodyBytesDrainedMax
            && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = Limits.BodyBytesDrainedMax;
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        }

        await RefuseAsync(context);
    }

    /// <summary>The answer to a body that is too large.</summary>
    public static Task RefuseAsync(HttpContext context) => ProblemWriter.WriteAsync(
        context,
        StatusCodes.Status413PayloadTooLarge,
        "TooLarge",
        $"The body is larger than {Limits.BodyBytesMax} bytes. Send less at once.");
}
